"""A network's disparity on another grid over the same picture, as the official code of its family resizes it."""

from __future__ import annotations

import cv2
import numpy as np

from worker.depth.network.transforms import Interpolation


def resized_on_cpu(disparity: np.ndarray, size_wh: tuple[int, int], interpolation: Interpolation) -> np.ndarray:
    """Disparity (h, w) float32 as (H, W), by OpenCV.

    "bicubic", of MiDaS: the pictures' edges stay aligned. "corners", of Depth Anything, bilinear: the corner pixels'
    middles do.
    """
    if interpolation == "bicubic":
        return cv2.resize(disparity, size_wh, interpolation=cv2.INTER_CUBIC)
    steps = [(old - 1) / max(new - 1, 1) for old, new in zip(disparity.shape[::-1], size_wh, strict=True)]
    there_from_here = np.array([[steps[0], 0, 0], [0, steps[1], 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(disparity, there_from_here, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
