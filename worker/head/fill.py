"""Colours filled in smoothly where none are known."""

from __future__ import annotations

import cv2
import numpy as np


def pull_push(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values (H, W, C) kept where their weights (H, W), 0 to 1, are 1, and filled in from around where they are less.

    Source: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4.
    """
    height, width = weights.shape
    known = np.clip(weights, 0, 1).astype(np.float32)
    premultiplied = values.astype(np.float32) * known[..., None]
    if height <= 2 or width <= 2:
        total = float(known.sum())
        mean = premultiplied.sum((0, 1)) / total if total > 0 else np.zeros(values.shape[2], np.float32)
        return premultiplied + (1 - known[..., None]) * mean
    half = ((width + 1) // 2, (height + 1) // 2)
    share = cv2.resize(known, half, interpolation=cv2.INTER_AREA)
    sums = cv2.resize(premultiplied, half, interpolation=cv2.INTER_AREA)
    coarse = (sums if sums.ndim == 3 else sums[..., None]) / np.maximum(share, 1e-6)[..., None]
    below = pull_push(coarse, np.minimum(4 * share, 1))
    wide = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR)
    wide = wide if wide.ndim == 3 else wide[..., None]
    return premultiplied + (1 - known[..., None]) * wide
