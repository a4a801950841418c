"""Soft outlines: alpha in a band along a mask's border, drawn to the photo's edges.

Sources: He et al., Guided Image Filtering, 2010, with a colour guide (section 3.6); He & Sun, Fast Guided Filter, 2015.
"""

from __future__ import annotations

import cv2
import numpy as np

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
    slope, offset = _linear(coarse, coarse_values, max(1, round(radius_px / shrink)))
    slope, offset = (cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR) for image in (slope, offset))
    return np.asarray((slope * guide).sum(-1) + offset, np.float32)


def _linear(guide: np.ndarray, values: np.ndarray, radius_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Slope (H, W, 3) and offset (H, W) of the values over the guide's colours, near each pixel."""
    box = (2 * radius_px + 1, 2 * radius_px + 1)
    mean, mean_values = cv2.blur(guide, box), cv2.blur(values, box)
    products = cv2.blur((guide[..., :, None] * guide[..., None, :]).reshape(*values.shape, 9), box)
    covariance = products.reshape(*values.shape, 3, 3) - mean[..., :, None] * mean[..., None, :]
    covariance += SMOOTHING * np.eye(3, dtype=np.float32)
    with_values = cv2.blur(guide * values[..., None], box) - mean * mean_values[..., None]
    slope = _solved(covariance, with_values)
    return cv2.blur(slope, box), cv2.blur(mean_values - (slope * mean).sum(-1), box)


def band_of(mask: np.ndarray, radius_px: int) -> np.ndarray:
    """(H, W) bool: the pixels so near to a mask's border, on both sides of it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1))
    solid = mask.astype(np.uint8)
    return cv2.dilate(solid, kernel) > cv2.erode(solid, kernel)


def _solved(matrices: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions (..., 3) of symmetric 3 x 3 systems (..., 3, 3), by Cramer's rule, which is faster than LAPACK here."""
    columns = [matrices[..., index] for index in range(3)]
    crosses = [np.cross(columns[(index + 1) % 3], columns[(index + 2) % 3]) for index in range(3)]
    determinant = (columns[0] * crosses[0]).sum(-1)
    return np.stack([(right * cross).sum(-1) for cross in crosses], axis=-1) / determinant[..., None]
