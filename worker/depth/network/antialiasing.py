"""Pictures resized by bilinear interpolation with antialiasing, as torch and Pillow have it.

A new pixel is the weighted mean of all old ones that it covers, the weights falling in a straight line from its middle
to its neighbours' middles: a triangle, two new pixels wide, and at least two old ones.
"""

from __future__ import annotations

import numpy as np

BLOCK = 32
"""New rows that are made at once: what they are made of is turned to floats, and not the whole photo."""


def antialiased(pixels: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """A picture (H, W, C) uint8 or float32 on a grid of that width and height, (h, w, C) float32, in the same range."""
    width, height = size_wh
    return _resized_rows(_resized_rows(pixels, height).swapaxes(0, 1), width).swapaxes(0, 1)


def _resized_rows(picture: np.ndarray, count: int) -> np.ndarray:
    """(count, W, C) float32 of a picture (H, W, C)."""
    resized = np.empty((count, *picture.shape[1:]), np.float32)
    for begin in range(0, count, BLOCK):
        first, weights = triangle_weights(picture.shape[0], count, begin, min(begin + BLOCK, count))
        rows = picture[first : first + weights.shape[1]].astype(np.float32)
        resized[begin : begin + BLOCK] = np.tensordot(weights, rows, 1)
    return resized


def triangle_weights(old: int, new: int, begin: int, end: int) -> tuple[int, np.ndarray]:
    """What samples give to the new ones from `begin` to before `end`, where `old` samples become `new`.

    Returns:
        The first sample that gives anything, and weights (end - begin, N) float32 of it and those after it; of each new
        sample they sum to 1, also at the border, beyond which there is nothing.
    """
    scale = old / new
    reach = max(scale, 1.0)
    middles = (np.arange(begin, end) + 0.5) * scale
    first, beyond = max(int(middles[0] - reach), 0), min(int(np.ceil(middles[-1] + reach)), old)
    samples = np.arange(first, beyond) + 0.5
    weights = np.maximum(1 - np.abs(samples - middles[:, None]) / reach, 0)
    return first, (weights / weights.sum(1, keepdims=True)).astype(np.float32)
