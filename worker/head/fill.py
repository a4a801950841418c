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
    below = _coarser(_resized(premultiplied, half, cv2.INTER_AREA), _resized(known, half, cv2.INTER_AREA)[..., 0])
    return premultiplied + (1 - known[..., None]) * _resized(below, (width, height), cv2.INTER_LINEAR)


def pull_push_box(
    values: np.ndarray, weights: np.ndarray, box: tuple[slice, slice], size_hw: tuple[int, ...]
) -> np.ndarray:
    """The same (H, W, C) where all is known within a box, whose values (h, w, C) and weights (h, w) are given.

    The box begins and ends at even rows and columns, and so do H and W.
    """
    height, width = size_hw
    known = np.clip(weights, 0, 1).astype(np.float32)
    premultiplied = values * known[..., None]
    inner = tuple(slice(part.start // 2, part.stop // 2) for part in box)
    half_wh = known.shape[1] // 2, known.shape[0] // 2
    sums, share = (
        np.zeros((height // 2, width // 2, values.shape[2]), np.float32),
        np.zeros((height // 2, width // 2), np.float32),
    )
    sums[inner] = _resized(premultiplied, half_wh, cv2.INTER_AREA)
    share[inner] = cv2.resize(known, half_wh, interpolation=cv2.INTER_AREA)
    filled = _resized(_coarser(sums, share), (width, height), cv2.INTER_LINEAR)
    filled[box] = premultiplied + (1 - known[..., None]) * filled[box]
    return filled


def _coarser(sums: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The values (h, w, C) of a level of half the size, from sums (h, w, C) and weights there (h, w)."""
    return pull_push(sums / np.maximum(share, 1e-6)[..., None], np.minimum(4 * share, 1))


def _resized(values: np.ndarray, size_wh: tuple[int, int], how: int) -> np.ndarray:
    """(h, w, C), also where C is 1."""
    small = cv2.resize(values, size_wh, interpolation=how)
    return np.asarray(small if small.ndim == 3 else small[..., None])
