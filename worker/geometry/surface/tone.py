"""Grayscale from depth or disparity: lighter is nearer.

The tone is linear in inverse depth, not in depth: a background ten times farther than the face then takes a few dark
grays instead of nine tenths of the scale, and the relief of the face keeps the contrast.
"""

from __future__ import annotations

import numpy as np

DARKEST = 40
"""The gray of the farthest point: dark, and yet apart from black, which means that there is nothing."""
CLIPPED_PERCENT = 0.15
"""Points at either end that may share the last gray, so that a stray one does not take the contrast."""


def gray_from_depth(depth: np.ndarray) -> np.ndarray:
    """Draw a depth map (H, W), NaN where unknown, as (H, W) uint8: nearest 255, farthest DARKEST, unknown 0."""
    tone = _nearness(depth, CLIPPED_PERCENT)
    return np.where(np.isfinite(tone), np.rint(DARKEST + tone * (255 - DARKEST)), 0).astype(np.uint8)


def gray16_from_depth(depth: np.ndarray) -> np.ndarray:
    """Draw a depth map as (H, W) uint16: nearest 65535, farthest 1, unknown 0; linear in 1 / depth, nothing clipped."""
    tone = _nearness(depth, 0.0)
    return np.where(np.isfinite(tone), np.rint(1 + tone * 65534), 0).astype(np.uint16)


def gray_from_disparity(disparity: np.ndarray) -> np.ndarray:
    """Draw a disparity map (H, W), finite, as (H, W) uint8: nearest 255, farthest 0, as networks' maps are shown."""
    return np.rint(_stretched(disparity.astype(np.float64), CLIPPED_PERCENT) * 255).astype(np.uint8)


def gray16_from_disparity(disparity: np.ndarray) -> np.ndarray:
    """Draw a disparity map as (H, W) uint16: nearest 65535, farthest 0; linear, nothing clipped."""
    return np.rint(_stretched(disparity.astype(np.float64), 0.0) * 65535).astype(np.uint16)


def _nearness(depth: np.ndarray, clipped_percent: float) -> np.ndarray:
    """(H, W) 0 for the farthest to 1 for the nearest, NaN where unknown; a flat map is 1 throughout."""
    if not np.isfinite(depth).any():
        return np.full(depth.shape, np.nan)
    return _stretched(1 / depth.astype(np.float64), clipped_percent)


def _stretched(values: np.ndarray, clipped_percent: float) -> np.ndarray:
    """(H, W) 0 for the least to 1 for the greatest, NaN where unknown; 1 throughout where all are the same."""
    known = np.isfinite(values)
    low, high = np.percentile(values[known], [clipped_percent, 100 - clipped_percent])
    span = high - low
    return np.clip((values - low) / span, 0, 1) if span > 0 else np.where(known, 1.0, np.nan)
