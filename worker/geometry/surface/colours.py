"""The colours of a cloud's points: the photo's, without what is mixed in where person and background share a pixel."""

from __future__ import annotations

import cv2
import numpy as np

from worker.box import Box
from worker.geometry.clean.layers import alpha_of_outline, layers_of

COARSEST_PX = 32
"""Pixels of the coarsest grid on which colours are continued."""
MARGIN_SHARE = 1 / 32
"""How much of what lies round a surface tells what is behind it, as a part of the picture's long side."""


def colours_of_points(
    pixels: np.ndarray, known: np.ndarray, alpha: np.ndarray | None, behind: np.ndarray
) -> np.ndarray:
    """Average a photo's colours over a cloud's grid, those of a person and those of what is behind apart.

    Args:
        pixels: (h, w, 3) uint8, the photo at any size.
        known: (H, W) bool, on the depth map's grid: True where there is depth.
        alpha: (H, W) float32, the share of each pixel that the person covers; None where no person is known: then
            the colours at the surface's outline come from further inside.
        behind: (height, width) bool, on the cloud's grid, no finer than that one: True where a point is not the
            person's.
    Returns:
        (height, width, 3) uint8.
    """
    picture = cv2.resize(pixels, known.shape[::-1], interpolation=cv2.INTER_AREA)
    share = alpha_of_outline(known) if alpha is None else _soft(alpha)
    box = Box.round(known, round(MARGIN_SHARE * max(known.shape)), COARSEST_PX)
    layers = layers_of(box.of(picture), box.of(share))
    size_wh = behind.shape[1], behind.shape[0]
    colours = _averaged(picture, box, layers.front, size_wh)
    if behind.any():
        np.copyto(colours, _averaged(picture, box, layers.behind, size_wh), where=behind[..., None])
    return colours


def _averaged(picture: np.ndarray, box: Box, part: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """A picture (H, W, 3) on a coarser grid, part (h, w, 3) of which is another."""
    whole = picture.copy()
    box.of(whole)[:] = part
    return cv2.resize(whole, size_wh, interpolation=cv2.INTER_AREA)


def _soft(alpha: np.ndarray) -> np.ndarray:
    """Alpha as it is; where it says no more than an outline, what can be guessed from that."""
    return alpha if ((alpha > 0) & (alpha < 1)).any() else alpha_of_outline(alpha >= 0.5)
