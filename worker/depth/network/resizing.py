"""A map that a network gave on another grid over the same picture, as the official code of its family resizes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

Interpolation = Literal["bicubic", "bilinear", "corners"]
"""Of MiDaS, MoGe and Depth Anything. The pictures' edges stay aligned; with "corners", bilinear, the middles of the
corner pixels do."""

Resize = Callable[[np.ndarray, tuple[int, int], Interpolation], np.ndarray]
"""A map (h, w) float32 as (H, W), of which width and height are given."""

ALIGNED_EDGES: dict[Interpolation, int] = {"bicubic": cv2.INTER_CUBIC, "bilinear": cv2.INTER_LINEAR}


def resized_on_cpu(plane: np.ndarray, size_wh: tuple[int, int], interpolation: Interpolation) -> np.ndarray:
    """A map (h, w) float32 as (H, W), by OpenCV."""
    if interpolation in ALIGNED_EDGES:
        return cv2.resize(plane, size_wh, interpolation=ALIGNED_EDGES[interpolation])
    steps = [(old - 1) / max(new - 1, 1) for old, new in zip(plane.shape[::-1], size_wh, strict=True)]
    there_from_here = np.array([[steps[0], 0, 0], [0, steps[1], 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, there_from_here, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
