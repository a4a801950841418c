"""Closed bodies over the skin, as hair and clothes are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.head.sight import Sight, extended, signed_distance
from worker.head.view import HeadView
from worker.head.voxels import Voxels

BEHIND_MM = 2.0  # so far a body keeps behind what is seen before it


@dataclass(frozen=True)
class Cover:
    """A closed body on the skin.

    distance: (X, Y, Z) mm, negative inside, on a grid; thickness: (S,) mm over the skin's vertices, negative
        where it is bare; mask: (H, W) bool, pixels of the view that show it.
    """

    distance: np.ndarray
    grid: Voxels
    thickness: np.ndarray
    mask: np.ndarray


def pixel_area(view: HeadView) -> np.ndarray:
    """(H, W) mm2 of each pixel, across the ray; 0 where there is no depth."""
    return np.nan_to_num(view.depth / view.camera.fx, nan=0.0) ** 2


def carved(distance: np.ndarray, sight: Sight, mask: np.ndarray) -> np.ndarray:
    """Without what would be seen where the photo shows no hair."""
    view, person = sight.view, sight.view.person
    front = extended(view.depth, person)
    keep = sight.before(front) + BEHIND_MM * np.clip(sight.looked_up(signed_distance(mask)), 0, 2)
    return np.maximum(np.maximum(distance, keep), sight.beside(person))


def bottom_of(view: HeadView, points: np.ndarray) -> float:
    """y in mm at which a body that the photo's lower border cuts is cut flat; `points` (H, W, 3) mm of its pixels."""
    height = points[-1, :, 1][view.person[-1]]
    return float(np.percentile(height, 20)) - 3 if len(height) > 5 else float(np.nanmax(points[..., 1])) + 100
