"""What a depth network does not vouch for: its map continued there, as far as a person needs it."""

from __future__ import annotations

import numpy as np

from worker.geometry.clean.holes import pull_push
from worker.geometry.fuse.membrane import continued_correction
from worker.geometry.fuse.sight import Sight
from worker.geometry.fuse.surface import JOIN


def without_gaps(disparity: np.ndarray, person: np.ndarray) -> np.ndarray:
    """A disparity (H, W), NaN where unknown, that ends nowhere: person and surroundings, each continued by itself.

    So the edge of what is known is no step. Where nothing is known round a person (H, W) bool, they go on there too.
    """
    unknown = np.isnan(disparity)
    if not unknown.any():
        return disparity
    whole = pull_push(disparity)
    for side in (person, ~person):
        if (side & unknown).any() and (side & ~unknown).any():
            whole = np.where(side, pull_push(np.where(side, disparity, np.nan)), whole)
    return whole


def before_nothing(disparity: np.ndarray) -> np.ndarray:
    """A disparity (H, W), NaN where unknown, that has the farthest background there: its edge is a step."""
    low, high = float(np.nanmin(disparity)), float(np.nanmax(disparity))
    return np.where(np.isnan(disparity), np.float32(2 * low - high), disparity)


def completed(depth: np.ndarray, trust: np.ndarray, sight: Sight) -> np.ndarray:
    """A network's depth (H, W) mm, NaN where unknown, with all of the person: the bust, moved to meet what is known.

    Args:
        depth: by the network.
        trust: (H, W) float, 0..1, in what is known.
        sight: on the same grid.
    Returns:
        (H, W) float32 mm, finite; what is unknown beside the person is the nearest guess, and means nothing.
    """
    unknown = np.isnan(depth)
    if not unknown.any():
        return depth
    likely = pull_push(np.where(sight.person, sight.bust, np.nan))
    weight = np.where(sight.person & ~unknown, trust, 0)
    length_px = JOIN.length_mm / sight.pixel_mm
    cell_px = JOIN.cell_mm / sight.pixel_mm
    moved = continued_correction(depth - likely, weight, 0.0, 1 / length_px**2, sight.person, cell_px)
    likely = likely + moved
    likely = likely + pull_push(np.where(weight > 0, depth - likely, np.nan))  # what cells are too coarse for
    whole = without_gaps(np.where(unknown & sight.person, likely, depth), sight.person)
    return whole.astype(np.float32)
