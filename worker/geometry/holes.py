"""Holes inside a surface, and how they are closed."""

from __future__ import annotations

import cv2
import numpy as np

from worker.geometry.jumps import RAMP_RATIO

SMALL_HOLE_SHARE = 0.002
"""An enclosed gap with fewer pixels than this part of the surface is a hole, whoever made it."""
SLIT_SHARE = 1 / 100
"""A gap narrower than this part of the picture's long side is a slit: a blurred edge of a chin over a neck."""


def find_holes(known: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Find the holes to close: those inside the surface, and the slits that our own filters cut into it.

    Args:
        known: (H, W) bool, True where there is depth.
        made: (H, W) bool, True where a filter took a point away that was no background.
    Returns:
        (H, W) bool.
    """
    return enclosed_holes(known, made) | (slits(known) & made & ~known)


def slits(known: np.ndarray) -> np.ndarray:
    """(H, W) bool, True on what is known and in the narrow gaps between (morphological closing)."""
    size = 2 * max(1, round(max(known.shape) * SLIT_SHARE / 2)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.morphologyEx(known.astype(np.uint8), cv2.MORPH_CLOSE, window).astype(bool)


def enclosed_holes(known: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Find enclosed gaps that are small, or that our own filters made.

    Args:
        known: (H, W) bool, True where there is depth.
        made: (H, W) bool, True where a filter took a point away that was no background.
    Returns:
        (H, W) bool. A gap that reaches the border is outside, not a hole; a large gap that the model left, such as
        the wall seen between arm and body, stays open.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~known).astype(np.uint8), connectivity=4)
    height, width = known.shape
    left, top, right, bottom = stats[:, 0], stats[:, 1], stats[:, 0] + stats[:, 2], stats[:, 1] + stats[:, 3]
    inside = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    area = stats[:, cv2.CC_STAT_AREA]
    ours = np.bincount(labels[made & ~known], minlength=count)
    fill = inside & ((area <= SMALL_HOLE_SHARE * known.sum()) | (ours > area / 2))
    fill[0] = False
    return fill[labels]


def fill_holes(values: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Close holes: smoothly where their rim is one surface, with the nearest rim's value where it is torn.

    Args:
        values: (H, W) float, NaN where unknown.
        holes: (H, W) bool, the unknown pixels to fill.
    Returns:
        (H, W) float32.
    """
    if not holes.any():
        return values.astype(np.float32)
    smooth, nearest = pull_push(values), nearest_known(values)
    count, labels = cv2.connectedComponents(holes.astype(np.uint8), connectivity=4)
    low, high = _rim_range(values, labels, count)
    torn = ((high - low) > RAMP_RATIO * low)[labels]
    return np.where(holes, np.where(torn, nearest, smooth), values).astype(np.float32)


def pull_push(values: np.ndarray) -> np.ndarray:
    """Continue a map smoothly into all its unknown pixels.

    Args:
        values: (H, W) float, NaN where unknown; all NaN comes back as it is.
    Returns:
        (H, W) float32; known pixels are unchanged.
    Source: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.3 (pull-push).
    """
    known = np.isfinite(values)
    values = values.astype(np.float32)
    if known.all() or not known.any():
        return values
    height, width = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2)), constant_values=np.nan)
    blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)  # (h, 2, w, 2)
    weight = np.isfinite(blocks).sum((1, 3))
    mean = np.where(weight > 0, np.nansum(blocks, (1, 3)) / np.maximum(weight, 1), np.nan)
    coarse = cv2.resize(pull_push(mean), padded.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(known, values, coarse[:height, :width])


def nearest_known(values: np.ndarray) -> np.ndarray:
    """Give every unknown pixel the value of the nearest known one; all NaN comes back as it is."""
    known = np.isfinite(values)
    if not known.any():
        return values
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    value_of_label = np.zeros(int(label.max()) + 1, values.dtype)
    value_of_label[label[known]] = values[known]
    return value_of_label[label]


def _rim_range(values: np.ndarray, labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count,) least and greatest value along the rim of every labelled hole."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    for hole, rim in (
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
    ):
        touching = (labels[hole] > 0) & np.isfinite(values[rim])
        np.minimum.at(low, labels[hole][touching], values[rim][touching])
        np.maximum.at(high, labels[hole][touching], values[rim][touching])
    return low, high
