"""Skin that lies under hair or clothes, moved inside of them."""

from __future__ import annotations

import numpy as np

from worker.head.bodies import Cover
from worker.head.body import at_points
from worker.head.fine import FineSkin

STEPS = 10
INSIDE_MM = 2.0  # below the cover's surface
SMOOTH = 3


def tucked(points: np.ndarray, cover: Cover, middle: np.ndarray, fine: FineSkin) -> np.ndarray:
    """Skin (S, 3) whose covered vertices move towards `middle` (3,) or (S, 3) until they lie inside of the cover."""
    covered = cover.thickness > 0
    share = np.zeros(len(points))
    open_ = covered.copy()
    for step in range(STEPS):
        at = points[open_] + step / STEPS * ((middle if middle.ndim == 1 else middle[open_]) - points[open_])
        outside = at_points(cover.distance, cover.grid, at) > -INSIDE_MM
        index = np.flatnonzero(open_)
        share[index] = step / STEPS
        open_[index[~outside]] = False
    if not share.any():
        return points
    grown = np.maximum(share, np.asarray(fine.links.multiply(share[None]).max(axis=1).todense()).ravel())
    smooth = np.maximum(fine.smoothed(grown, SMOOTH), np.where(covered, share, 0))
    smooth = np.where(cover.thickness > -2, smooth, 0)
    return points + smooth[:, None] * (middle - points)
