"""The lens of a point map that came in a file: from its intrinsics, or from where its points lie."""

from __future__ import annotations

import math

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.errors import PointsError
from shared.options import FOV_X_LIMITS_DEG

OFF_MIDDLE = 0.05
"""How far the principal point may be off the middle, by the map's side. Farther, the map is of another crop."""
OFF_SQUARE = 0.1
"""How far the photo's pixels may be off square by the two focal lengths."""
SAMPLES = 256
"""Rows and columns of points that are looked at, about."""


def camera_from_intrinsics(matrix: np.ndarray, size_wh: tuple[int, int], photo_size_wh: tuple[int, int]) -> Intrinsics:
    """The camera of a map of that size by a matrix (3, 3), in parts of width and height or in pixels.

    In parts where both numbers of the principal point are below 1. Whether pixel (0, 0) is centred at (0, 0) or at
    (0.5, 0.5) makes no difference: the principal point is taken in the middle.

    Raises:
        PointsError: no focal lengths, no lens of a camera, or a principal point that is not near the middle.
    """
    width, height = size_wh
    parts = max(matrix[0, 2], matrix[1, 2]) < 1
    across, down = (1.0, 1.0) if parts else (width, height)
    cx, cy = float(matrix[0, 2]) / across, float(matrix[1, 2]) / down
    if not max(abs(cx - 0.5), abs(cy - 0.5)) <= OFF_MIDDLE:
        raise PointsError(
            f"the point map's intrinsics have the principal point at {cx:.2f} of the width and {cy:.2f} of the "
            f"height; it has to be in the middle, within {OFF_MIDDLE:.0%}"
        )
    return _checked(float(matrix[0, 0]) / across * width, float(matrix[1, 1]) / down * height, size_wh, photo_size_wh)


def camera_from_points(points: np.ndarray, known: np.ndarray, photo_size_wh: tuple[int, int]) -> Intrinsics:
    """The camera through which points (h, w, 3) fall nearest to their pixels, those that are known (h, w).

    Raises:
        PointsError: they lie mirrored, or as no camera sees them.
    """
    height, width = known.shape
    rows, columns = slice(None, None, max(1, height // SAMPLES)), slice(None, None, max(1, width // SAMPLES))
    points = points[rows, columns].astype(np.float64)
    there = known[rows, columns] & np.isfinite(points).all(axis=-1) & (points[..., 2] > 0)
    u, v = np.meshgrid(np.arange(width)[columns] - (width - 1) / 2, np.arange(height)[rows] - (height - 1) / 2)
    x, y, z = points[there].T
    return _checked(_slope(x / z, u[there]), _slope(y / z, v[there]), (width, height), photo_size_wh)


def _slope(tangents: np.ndarray, pixels: np.ndarray) -> float:
    """The focal length in pixels, in closed form; NaN where there is none."""
    squares = float(tangents @ tangents)
    return float(tangents @ pixels) / squares if squares > 0 else math.nan


def _checked(fx: float, fy: float, size_wh: tuple[int, int], photo_size_wh: tuple[int, int]) -> Intrinsics:
    """The camera with these focal lengths in pixels of the map."""
    if not (fx > 0 and fy > 0 and math.isfinite(fx) and math.isfinite(fy)):
        raise PointsError(
            f"the point map's focal lengths come out as {fx:.4g} and {fy:.4g} pixels; x has to point right and y down"
        )
    width, height = size_wh
    squareness = (fx / width * photo_size_wh[0]) / (fy / height * photo_size_wh[1])
    if abs(squareness - 1) > OFF_SQUARE:
        raise PointsError(
            f"by the point map's lens the photo's pixels are {squareness:.2f} times as high as wide; "
            "they have to be square"
        )
    narrowest, widest = FOV_X_LIMITS_DEG
    camera = Intrinsics(width, height, fx, fy, (width - 1) / 2, (height - 1) / 2)
    if not narrowest <= camera.fov_x_deg <= widest:
        raise PointsError(
            f"the point map's lens sees {camera.fov_x_deg:.3g} degrees across; {narrowest} to {widest} are possible"
        )
    return camera
