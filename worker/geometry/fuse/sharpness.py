"""How sharply a network's normals draw a face, next to landmarks and shading: of small faces they lose the lips."""

from __future__ import annotations

import numpy as np

from worker.box import Box
from worker.geometry.fuse.agreement import steeper
from worker.geometry.fuse.detail import BAND_MM, INNER_MM
from worker.geometry.fuse.sight import Sight, inside_px, mean_nearby, smooth_step
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

SHARP = (0.4, 0.8)
"""Slope of fine normals over the face's own, from where they are better than none, and no worse than any. On h0 to h6
it is 0.9 to 1.05 with exact ones, 0.7 with a blur of 3 mm, and 0.3 to 0.4 with one of 6 mm."""


def sharpness_of(normals: np.ndarray, gain: float, sight: Sight) -> float:
    """How far the fine relief of normals is that of a face, 0..1; 1 where there is nothing to compare.

    Args:
        normals: (H, W, 3) float, unit vectors out of the surface, NaN where unknown.
        gain: what makes them as steep as the face.
        sight: the face, on the same grid.
    """
    box = Box.round(sight.on_face)
    face, theirs, camera = box.of(sight.goal), steeper(box.of(normals), gain), box.of_camera(sight.camera)
    own = normals_of(face, camera, links_of(face, camera))
    known = np.isfinite(own[..., 2]) & np.isfinite(theirs[..., 2])
    inner = known & (box.of(inside_px(sight.on_face)) * sight.pixel_mm > INNER_MM)
    if inner.sum() < 2:
        return 1.0
    ours, others = (_fine(each, known, sight.pixel_mm)[inner] for each in (own, theirs))
    energy = float((ours**2).sum())
    slope = float((ours * others).sum()) / energy if energy > 1e-9 else 1.0
    return float(smooth_step(np.array(slope), SHARP[0], SHARP[1] - SHARP[0]))


def _fine(normals: np.ndarray, known: np.ndarray, pixel_mm: float) -> np.ndarray:
    """(H, W, 2) float32, what of x and y of normals lies within BAND_MM."""
    low_px, high_px = (sigma / pixel_mm for sigma in BAND_MM)
    parts = [np.where(known, normals[..., axis], 0) for axis in (0, 1)]
    return np.dstack([mean_nearby(part, known, low_px) - mean_nearby(part, known, high_px) for part in parts])
