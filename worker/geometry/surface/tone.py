"""Grayscale from depth or disparity: lighter is nearer.

The tone is linear in inverse depth, not in depth: a background ten times farther than the face then takes a few dark
grays instead of nine tenths of the scale, and the relief of the face keeps the contrast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scale:
    """What the values of a gray picture stand for: `farthest` to `white`, linear in nearness; below, unknown.

    clipped_percent: points at either end that may share the last gray, so that a stray one does not take the contrast.
    """

    dtype: Any
    white: int
    farthest: int
    clipped_percent: float


DEPTH_8 = Scale(np.uint8, 255, 40, 0.15)  # the farthest is dark, and yet apart from black
DEPTH_16 = Scale(np.uint16, 65535, 1, 0.0)
DISPARITY_8 = Scale(np.uint8, 255, 0, 0.15)  # mostly known everywhere, and shown as networks' maps are
DISPARITY_16 = Scale(np.uint16, 65535, 0, 0.0)


@dataclass(frozen=True)
class Gray:
    """A gray picture, (H, W) of the scale's type, and the nearness that its ends stand for: 1 / depth, or disparity.

    far, near: of the values `scale.farthest` and `scale.white`; NaN where nothing is known.
    """

    image: np.ndarray
    scale: Scale
    far: float
    near: float


def gray_from_depth(depth: np.ndarray, scale: Scale = DEPTH_8) -> Gray:
    """Draw a depth map (H, W), NaN where unknown, lighter where nearer; a flat one is white throughout."""
    return _gray(1 / depth[known := np.isfinite(depth)].astype(np.float64), known, scale)


def gray_from_disparity(disparity: np.ndarray, scale: Scale = DISPARITY_8) -> Gray:
    """Draw a disparity map (H, W), NaN where unknown, lighter where larger; a flat one is white throughout.

    What is known keeps off black where something is unknown.
    """
    known = np.isfinite(disparity)
    scale = scale if known.all() else replace(scale, farthest=max(scale.farthest, 1))
    return _gray(disparity[known].astype(np.float64), known, scale)


def _gray(values: np.ndarray, known: np.ndarray, scale: Scale) -> Gray:
    """Draw the disparities (N,) float64 of the known pixels (H, W); overwrites them."""
    image = np.zeros(known.shape, scale.dtype)
    if not values.size:
        return Gray(image, scale, np.nan, np.nan)
    far, near = _ends(values, scale.clipped_percent)
    levels = scale.white - scale.farthest
    if near > far:
        values -= far
        values *= levels / (near - far)
        np.clip(values, 0, levels, out=values)
    else:
        values[:] = levels
    values += scale.farthest
    np.rint(values, out=values)
    image[known] = values
    return Gray(image, scale, far, near)


def _ends(values: np.ndarray, clipped_percent: float) -> tuple[float, float]:
    if not clipped_percent:
        return float(values.min()), float(values.max())
    far, near = np.percentile(values, [clipped_percent, 100 - clipped_percent])
    return float(far), float(near)
