"""Fine relief of a face: how far a network resolves it, and as much of the network's as that earns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.geometry.fuse.sight import Sight, inside_px, mean_nearby

BAND_MM = (1.5, 6.0)
"""Sigmas between which relief is fine: lips, lids, the wings of a nose; landmarks lie some 6 mm apart."""
INNER_MM = 10.0
"""So far inside the face it is measured."""


@dataclass(frozen=True)
class Detail:
    """What a network resolves of a face.

    correlation: -1..1, of its fine relief with that of the landmarks and of shading.
    gain: how high its fine relief is, next to that one.
    difference: (H, W) float32 mm, its fine relief, no higher than the other, less the other; of use on the face alone.
    """

    correlation: float
    gain: float
    difference: np.ndarray

    @property
    def resolved(self) -> float:
        """How far the network resolves a face, 0..1."""
        return max(self.correlation, 0.0) * min(self.gain, 1.0)

    @property
    def weight(self) -> float:
        """The part of the face's fine relief that is the network's."""
        return self.resolved**2


def detail_of(depth: np.ndarray, sight: Sight) -> Detail:
    """Compare the fine relief of a network's depth (H, W) mm with the face's."""
    inner = sight.on_face & (inside_px(sight.on_face) * sight.pixel_mm > INNER_MM)
    nothing = Detail(0.0, 0.0, np.zeros(depth.shape, np.float32))
    if inner.sum() < 2:
        return nothing
    reliefs = [fine_relief(values, sight) for values in (depth, sight.face)]
    theirs, ours = (relief[inner] - relief[inner].mean() for relief in reliefs)
    spreads = float(theirs.std()), float(ours.std())
    if min(spreads) < 1e-6:
        return nothing
    gain = spreads[0] / spreads[1]
    correlation = float((theirs * ours).mean() / (spreads[0] * spreads[1]))
    return Detail(correlation, gain, reliefs[0] / max(gain, 1.0) - reliefs[1])


def fine_relief(depth: np.ndarray, sight: Sight) -> np.ndarray:
    """(H, W) float32 mm, what of a depth map of the face lies within BAND_MM; beside the face it means nothing."""
    low, high = (sigma / sight.pixel_mm for sigma in BAND_MM)
    return mean_nearby(depth, sight.on_face, low) - mean_nearby(depth, sight.on_face, high)
