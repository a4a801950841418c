"""A disparity map that was stored in few levels, brought to another grid without the stairs of its levels."""

from __future__ import annotations

import cv2
import numpy as np

from worker.geometry.clean.holes import pull_push

SIGMAS_PX = (8.0, 4.0, 2.0, 1.2)
"""Blurs of the map's own grid, coarse to fine; set by hand on 8-bit maps."""


def on_grid(values: np.ndarray, step: float, size_wh: tuple[int, int]) -> np.ndarray:
    """A disparity map on a photo's grid.

    Args:
        values: (h, w) float, NaN where unknown; what is unknown is continued smoothly.
        step: between its levels; 0 where it has none.
        size_wh: width and height of the grid.
    Returns:
        (height, width) float32, finite everywhere.
    """
    smooth = without_stairs(pull_push(values), step)
    height, width = values.shape
    shrinks = size_wh[0] <= width and size_wh[1] <= height
    return cv2.resize(smooth, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def without_stairs(values: np.ndarray, step: float) -> np.ndarray:
    """Blur a map (h, w) only as far as the step of its levels explains: no value moves by more than half a step.

    What a level stands for lies within half a step of it; of all maps that do, a smooth one is taken. The result is
    float32.
    """
    smooth = values.astype(np.float32)
    if step <= 0:
        return smooth
    low, high = smooth - step / 2, smooth + step / 2
    for sigma in SIGMAS_PX:
        smooth = np.clip(cv2.GaussianBlur(smooth, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), low, high)
    return smooth
