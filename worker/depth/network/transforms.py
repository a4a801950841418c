"""Photo to network input and back, as the official transforms of MiDaS and Depth Anything do it.

Source: `Resize`, `NormalizeImage` and `PrepareForNet` of midas/transforms.py, and midas/model_loader.py, at MiDaS v3.1;
the transforms of Depth Anything V2 derive from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Bound = Literal["minimal", "upper_bound", "lower_bound"]

# Of the two scales that bring width or height to the wanted side, the one that keeps the aspect ratio by each rule.
BOUNDS: dict[Bound, Callable[[float, float], float]] = {
    "minimal": lambda scale_x, scale_y: scale_x if abs(1 - scale_x) < abs(1 - scale_y) else scale_y,
    "upper_bound": min,
    "lower_bound": max,
}


@dataclass(frozen=True)
class InputRule:
    """How large a photo becomes for a network.

    side_px: the network's native side.
    bound: "minimal" scales as little as possible (of a large photo the short side becomes side_px); "upper_bound"
        lets neither side exceed side_px; "lower_bound" makes the short side side_px.
    fixed: every photo is squeezed into side_px x side_px, the only size that the network takes.
    multiple_px: both sides of an input are multiples of it, as side_px is.
    """

    side_px: int
    bound: Bound = "minimal"
    fixed: bool = False
    multiple_px: int = 32


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of red, green and blue in 0..1, which the network was trained to have removed."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def of(self, planes: np.ndarray) -> np.ndarray:
        """A picture (3, h, w) float32 in 0..255, normalised."""
        mean, std = (np.array(values, np.float32)[:, None, None] for values in (self.mean, self.std))
        return (planes / 255 - mean) / std


IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def input_size_wh(photo_size_wh: tuple[int, int], rule: InputRule) -> tuple[int, int]:
    """The width and height that a photo has as the network's input; at least one multiple each."""
    scales = [rule.side_px / side for side in photo_size_wh]
    if not rule.fixed:
        scales = [BOUNDS[rule.bound](*scales)] * 2
    limit = rule.side_px if rule.bound == "upper_bound" else math.inf
    width, height = (
        _multiple(side * scale, rule.multiple_px, limit) for side, scale in zip(photo_size_wh, scales, strict=True)
    )
    return width, height


def _multiple(side_px: float, multiple_px: int, limit_px: float) -> int:
    """The nearest multiple (of two equally near, the even one); the one below where that passes the limit."""
    rounded = round(side_px / multiple_px) * multiple_px
    if rounded > limit_px:
        rounded = math.floor(side_px / multiple_px) * multiple_px
    # The official code rounds the short side of a strip to 0 and fails.
    return max(rounded, multiple_px)


def network_input(pixels: np.ndarray, size_wh: tuple[int, int], normalisation: Normalisation) -> np.ndarray:
    """A photo as a network's input: resized by bicubic interpolation without antialiasing, and normalised.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        size_wh: width and height of the input.
        normalisation: of the network.
    Returns:
        (3, h, w) float32.
    """
    planes = [  # plane by plane: a large photo as floats would take twelve times its bytes at once
        cv2.resize(pixels[..., channel].astype(np.float32), size_wh, interpolation=cv2.INTER_CUBIC)
        for channel in range(3)
    ]
    return normalisation.of(np.stack(planes))
