"""Skin that lies under hair or clothes, moved inside of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.head.bodies import Cover
from worker.head.body import at_points
from worker.head.fine import FineSkin


@dataclass(frozen=True)
class TuckSettings:
    """Lengths in mm; set by hand, no data is recorded."""

    steps: int = 20
    inside_mm: float = 1.2  # below the cover's surface
    always_mm: float = 50.0  # who may move so far moves all the way where nothing helps
    smooth: int = 4  # rounds in which the move dies out beside


TUCK = TuckSettings()


def tucked(points: np.ndarray, cover: Cover, middle: np.ndarray, most_mm: float, fine: FineSkin) -> np.ndarray:
    """Skin (S, 3) whose covered vertices move inside of the cover.

    Args:
        points: (S, 3) mm.
        cover: what lies over them.
        middle: (3,) or (S, 3) mm, what they move towards.
        most_mm: how far they move at most.
        fine: the skin.
    """
    covered = cover.thickness > 0
    away = middle - points
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    moved, outside = np.zeros(len(points)), np.flatnonzero(covered)
    for step in np.linspace(0, most_mm, TUCK.steps + 1):
        moved[outside] = step
        at = points[outside] + step * away[outside]
        outside = outside[at_points(cover.distance, cover.grid, at) > -TUCK.inside_mm]
    if not moved.any():
        return points
    if most_mm < TUCK.always_mm:
        moved[outside] = 0  # where nothing helps, the photo shows no cover: it was carved away
    smooth = np.where(covered, np.maximum(moved, fine.smoothed(moved, TUCK.smooth)), 0)
    return points + np.maximum(smooth, fine.smoothed(smooth, 1))[:, None] * away
