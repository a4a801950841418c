"""Disparity: relative inverse depth, larger is nearer, of unknown scale and shift."""

from __future__ import annotations

import numpy as np

NEAR, FAR = 1.0, 3.0
"""The range of relative depths, in no unit; chosen, since scale and shift are unknown."""
PERCENTILES = (1.0, 99.0)
"""Of the disparity, at FAR and at NEAR."""
FARTHEST = 1e6
"""What is farther than so many times what is nearest has no disparity that float32 could tell from none."""
EDGE_SLOPE_PER_PX = 0.03
"""Change of the disparity within a pixel, as a part of its range, that halves the confidence."""
LEAST_RANGE = 0.3
"""As if something lay 1.4 times as far away as what is nearest; of heads h0 to h7, 0.2 to 0.5 are as good."""


def depth_from_disparity(disparity: np.ndarray) -> np.ndarray:
    """Relative depth from disparity (H, W) whose true scale and shift are unknown: float32, positive, NaN stays NaN.

    1 / depth = a * disparity + b, with a and b such that the 99th percentile of the disparity lies at NEAR and the 1st
    at FAR. What lies beyond the percentiles goes on along the same line, to at most half of NEAR and twice FAR. A flat
    disparity lies at the middle of the range, in inverse depth.

    Source: Ranftl et al., Towards Robust Monocular Depth Estimation, TPAMI 2022, section 5 (scale and shift).
    """
    relative = _relative(disparity)  # 0 at the far percentile, 1 at the near one
    inverse = 1 / FAR + relative * (1 / NEAR - 1 / FAR)
    return (1 / np.clip(inverse, 0.5 / FAR, 2 / NEAR)).astype(np.float32)


def disparity_from_depth(depth: np.ndarray, known: np.ndarray) -> np.ndarray:
    """1 / depth (H, W) in depth's type; 0, which is infinitely far, where it is not known (H, W) bool."""
    return np.divide(1, depth, out=np.zeros_like(depth), where=known)


def depth_by_shift(disparity: np.ndarray, *, metric: bool) -> np.ndarray:
    """Depth from disparity (H, W) that is inverse depth but for its scale, above 0: float32, NaN stays NaN.

    In the disparity's unit where it is metric; else with its 99th percentile at NEAR. At most FARTHEST times as far as
    that percentile.
    """
    known = disparity[np.isfinite(disparity)]
    near = float(np.percentile(known, PERCENTILES[1])) if known.size else 1.0
    inverse = np.maximum(disparity.astype(np.float64), near / FARTHEST)
    return ((1 if metric else NEAR * near) / inverse).astype(np.float32)


def edge_confidence(disparity: np.ndarray, *, shift_known: bool = False) -> np.ndarray:
    """How far to trust each pixel: 1 on smooth surfaces, falling to 0 at steps, where networks blur near into far.

    It is (H, W) float32; one half where the disparity, of any scale and shift, changes by EDGE_SLOPE_PER_PX of its
    range within a pixel; 0 where it is not finite. Of a disparity whose shift is known, that is inverse depth but for
    its scale, the range is LEAST_RANGE of what is nearest, at least: a map of a person and nothing else has none but
    their own.
    """
    relative = _relative(disparity, shift_known=shift_known).astype(np.float32)
    squared = np.zeros_like(relative)  # of the slope
    for axis in (0, 1):
        if relative.shape[axis] > 1:
            squared += np.square(np.gradient(relative, axis=axis))
    confidence = 1 / (1 + squared / EDGE_SLOPE_PER_PX**2)
    return np.where(np.isfinite(confidence) & np.isfinite(relative), confidence, 0).astype(np.float32)


def _relative(disparity: np.ndarray, *, shift_known: bool = False) -> np.ndarray:
    """(H, W) float64, the disparity with its robust range moved to 0..1; one half everywhere if it is flat."""
    known = np.where(np.isfinite(disparity), disparity, np.nan).astype(np.float64)
    if np.isnan(known).all():
        return known
    low, high = np.nanpercentile(known, PERCENTILES)
    low = min(low, (1 - LEAST_RANGE) * high) if shift_known else low
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        return np.where(np.isnan(known), np.nan, 0.5)
    return (known - low) / (high - low)
