"""Soft outlines: alpha in a band along a mask's border, drawn to the photo's edges.

Sources: He et al., Guided Image Filtering, 2010, with a colour guide (section 3.6); He & Sun, Fast Guided Filter, 2015.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import cv2
import numpy as np

Planes = Sequence[np.ndarray]

SMOOTHING = 1e-4
"""Of the guided filter, squared colour (0 to 1): differences well below its root are no edge; set by hand."""

COARSE_RADIUS_PX = 4
"""The filter's slopes are found on a grid so coarse that its radius is about this; set by hand."""


def guided_filter(guide: np.ndarray, values: np.ndarray, radius_px: int) -> np.ndarray:
    """Smooth values along the edges of a colour picture.

    Args:
        guide: (H, W, 3) float32, 0 to 1.
        values: (H, W) float32.
        radius_px: half side of the windows in which values are linear in colour.
    Returns:
        (H, W) float32.
    """
    height, width = values.shape
    shrink = max(1, radius_px // COARSE_RADIUS_PX)
    size_wh = max(1, width // shrink), max(1, height // shrink)
    coarse, coarse_values = (cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA) for image in (guide, values))
    slopes, offset = _linear(cv2.split(coarse), coarse_values, max(1, round(radius_px / shrink)))
    smooth = _resized(offset, (width, height))
    for plane, slope in zip(cv2.split(guide), slopes, strict=True):
        smooth += plane * _resized(slope, (width, height))
    return smooth


def _resized(plane: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    return cv2.resize(plane, size_wh, interpolation=cv2.INTER_LINEAR)


def _linear(guide: Planes, values: np.ndarray, radius_px: int) -> tuple[Planes, np.ndarray]:
    """Slopes over the guide's three planes (H, W), and offset (H, W), of the values near each pixel."""

    def near(plane: np.ndarray) -> np.ndarray:
        return cv2.blur(plane, (2 * radius_px + 1, 2 * radius_px + 1))

    means, mean_values = [near(plane) for plane in guide], near(values)
    covariance = {
        (i, j): near(guide[i] * guide[j]) - means[i] * means[j] + (SMOOTHING if i == j else 0)
        for i, j in combinations_with_replacement(range(3), 2)
    }
    with_values = [near(plane * values) - mean * mean_values for plane, mean in zip(guide, means, strict=True)]
    slopes = _solved(covariance, with_values)
    for slope, mean in zip(slopes, means, strict=True):
        mean_values = mean_values - slope * mean
    return [near(slope) for slope in slopes], near(mean_values)


def band_of(mask: np.ndarray, radius_px: int) -> np.ndarray:
    """(H, W) bool: the pixels so near to a mask's border, on both sides of it."""
    inside, outside = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) for side in (mask, ~mask)
    )
    return np.asarray(np.maximum(inside, outside) <= radius_px)


def _solved(matrix: Mapping[tuple[int, int], np.ndarray], right: Planes) -> Planes:
    """Solutions of symmetric 3 x 3 systems, a plane for each entry, by the adjugate: faster than LAPACK here."""
    a, b, c = (matrix[0, j] for j in range(3))
    d, e, f = matrix[1, 1], matrix[1, 2], matrix[2, 2]
    rows = (
        (d * f - e * e, c * e - b * f, b * e - c * d),
        (c * e - b * f, a * f - c * c, b * c - a * e),
        (b * e - c * d, b * c - a * e, a * d - b * b),
    )
    over_determinant = 1 / (a * rows[0][0] + b * rows[0][1] + c * rows[0][2])
    return [over_determinant * (x * right[0] + y * right[1] + z * right[2]) for x, y, z in rows]
