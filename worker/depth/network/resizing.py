"""A network's disparity on another grid over the same picture, as the official code of its family resizes it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from worker.depth.network.transforms import Interpolation

# "bicubic", of MiDaS: the pictures' edges stay aligned. "corners", of Depth Anything: the corner pixels' middles do.
INTERPOLATIONS: dict[Interpolation, dict[str, Any]] = {
    "bicubic": {"mode": "bicubic", "align_corners": False},
    "corners": {"mode": "bilinear", "align_corners": True},
}


def resized_tensor(disparity: Tensor, size_wh: tuple[int, int], interpolation: Interpolation) -> Tensor:
    """Disparity (h, w) as (H, W), on the tensor's device."""
    return functional.interpolate(disparity[None, None], size_wh[::-1], **INTERPOLATIONS[interpolation])[0, 0]


def resized_on_cpu(disparity: np.ndarray, size_wh: tuple[int, int], interpolation: Interpolation) -> np.ndarray:
    """Disparity (h, w) float32 as (H, W); bicubic by OpenCV, which is quicker, and knows no alignment of corners."""
    if interpolation == "bicubic":
        return cv2.resize(disparity, size_wh, interpolation=cv2.INTER_CUBIC)
    return resized_tensor(torch.from_numpy(disparity), size_wh, interpolation).numpy()
