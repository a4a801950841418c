"""Single points that stand out of their surroundings more than the noise can explain."""

from __future__ import annotations

import cv2
import numpy as np

SIGMAS = 6.0
"""A Gaussian noise exceeds six standard deviations once in 500 million points."""
LEAST_RATIO = 0.004
"""Nothing closer to its neighbours than this part of its depth is an outlier: 2.4 mm at 60 cm."""
OPPOSITES = ((0, 1), (1, 0), (1, 1), (1, -1))


def noise_sigma(depth: np.ndarray) -> float:
    """Estimate the standard deviation of a depth map's noise, in its unit; 0 where there is too little to tell.

    The mask annihilates planes, so slanted surfaces do not count; the median does the same for edges.

    Source: Immerkaer, Fast Noise Variance Estimation, CVIU 64(2), 1996; with the median of Donoho's estimator.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)  # gain 6 for white noise
    response = cv2.filter2D(depth.astype(np.float32), cv2.CV_32F, kernel)[1:-1, 1:-1]
    known = response[np.isfinite(response)]
    return float(np.median(np.abs(known)) / 0.6745 / 6.0) if known.size else 0.0


def outliers(depth: np.ndarray) -> np.ndarray:
    """Find points that no line through two opposite neighbours comes near to.

    The deviation is the least over the four lines through a pixel, so edges and ridges do not count. It is compared
    with the spread of all deviations, which is the noise of this very map (statistical outlier removal, Rusu et al.,
    Towards 3D Point Cloud Based Object Maps, 2008, on the grid's own neighbours).

    Args:
        depth: (H, W) float, NaN where unknown.
    Returns:
        (H, W) bool.
    """
    deviation = np.full(depth.shape, np.inf, np.float32)
    for step_v, step_u in OPPOSITES:
        deviation = np.fmin(deviation, _deviation(depth, step_v, step_u))
    judged = np.isfinite(deviation)
    if not judged.any():
        return judged
    spread = float(np.median(deviation[judged])) / 0.27  # of the least of four |deviations|, measured on white noise
    limit = np.maximum(SIGMAS * spread, LEAST_RATIO * depth)
    return judged & (deviation > limit)


def _deviation(depth: np.ndarray, step_v: int, step_u: int) -> np.ndarray:
    """(H, W) distance in depth to the middle of two opposite neighbours; NaN where one is missing."""
    padded = np.pad(depth, 1, constant_values=np.nan)
    height, width = depth.shape
    before = padded[1 - step_v : 1 - step_v + height, 1 - step_u : 1 - step_u + width]
    after = padded[1 + step_v : 1 + step_v + height, 1 + step_u : 1 + step_u + width]
    return np.abs(depth - (before + after) / 2).astype(np.float32)
