"""The outline of a surface that was cut out of its photo, made even.

A head turns away steeply at its outline, so that whether a pixel more or less belongs to it decides over a centimetre
of depth: seen from the side, such a rim is jagged. Along the outline the true depth changes slowly.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from worker.box import Box
from worker.geometry.clean.flying import RAMP_RATIO

RINGS = 5
"""How many pixels deep a rim is; the further in, the less is changed."""
STAIRS = 3.5
"""How many pixels inside the stairs of an outline are rounded off fully."""
BLUR_SIGMAS = 4  # how far OpenCV's Gaussian reaches in maps of float
REACH_SHARE = 1 / 130
"""Standard deviation of the averaging along a rim, as a part of the picture's long side."""


def even_rims(depth: np.ndarray) -> np.ndarray:
    """Average depth (H, W), NaN where unknown, along outlines: pixels as far inside as each other, and near each other.

    The picture's own border is no outline. A pixel among which the others are on another surface, a jump away, keeps
    its depth. The result is float32.

    Source: Chen, Paris & Durand, Real-time edge-aware image processing with the bilateral grid, SIGGRAPH 2007; over
        the distance from the outline in place of brightness.
    """
    known = np.isfinite(depth)
    if known.all() or not known.any():
        return depth.astype(np.float32)
    sigma = max(1.5, REACH_SHARE * max(depth.shape))
    box = Box.round(known, margin_px=math.ceil(BLUR_SIGMAS * sigma) + 1)
    part = box.of(depth).astype(np.float32, copy=False)
    return box.put_into(depth.shape, _even(part, box.of(known), sigma), np.nan)


def _even(depth: np.ndarray, known: np.ndarray, sigma: float) -> np.ndarray:
    """`even_rims` of the part (h, w) float32 that holds the surface and what lies round it."""
    inward = _inward(known, sigma / 2)
    rim = known & (inward < RINGS + 1)
    there, inside = depth[rim], inward[rim]  # (N,), the few pixels that this is about
    even, total = np.zeros_like(there), np.zeros_like(there)
    for ring in range(-1, RINGS + 1):
        near = np.maximum(1 - np.abs(inside - ring), 0)
        mean = _weighted_mean(there, near, rim, sigma)
        use = near * (np.abs(mean - there) <= RAMP_RATIO * there)
        even += use * mean
        total += use
    strength = np.where(total > 0.5, np.clip((RINGS - inside) / (RINGS - 1), 0, 1), 0)
    result = depth.copy()
    result[rim] += strength * (even / np.maximum(total, 0.5) - there)
    return result


def _inward(known: np.ndarray, sigma: float) -> np.ndarray:
    """(H, W) how many pixels a pixel lies inside of the outline; negative outside.

    The outermost pixels are all as far inside as each other, which makes the rim even; further in, the stairs of the
    outline are rounded off, or they would go on as ridges.
    """
    inside, outside = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) for side in (known, ~known)
    )
    signed = np.where(known, inside - 0.5, 0.5 - outside)
    outermost = np.clip((STAIRS - inside) / (STAIRS - 1), 0, 1)
    return outermost * signed + (1 - outermost) * cv2.GaussianBlur(signed, (0, 0), sigma)


def _weighted_mean(values: np.ndarray, weight: np.ndarray, rim: np.ndarray, sigma: float) -> np.ndarray:
    """(N,) Gaussian means of weighted values (N,) of some pixels (H, W) bool; 0 where no weight is near."""
    sums = []
    for each in (weight, weight * values):
        plane = np.zeros(rim.shape, np.float32)
        plane[rim] = each
        sums.append(cv2.GaussianBlur(plane, (0, 0), sigma)[rim])
    total, summed = sums
    return np.where(total > 1e-3, summed / np.maximum(total, 1e-3), 0)
