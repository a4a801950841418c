"""The colours of a cloud's points: the photo's, without what is mixed in where person and background share a pixel."""

from __future__ import annotations

import cv2
import numpy as np

from worker.geometry.clean.layers import alpha_of_outline, layers_of


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
    height, width = known.shape
    share = alpha_of_outline(known) if alpha is None else _soft(alpha)
    layers = layers_of(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), share)
    size_wh = behind.shape[1], behind.shape[0]
    colours = cv2.resize(layers.front, size_wh, interpolation=cv2.INTER_AREA)
    if behind.any():
        np.copyto(colours, cv2.resize(layers.behind, size_wh, interpolation=cv2.INTER_AREA), where=behind[..., None])
    return colours


def _soft(alpha: np.ndarray) -> np.ndarray:
    """Alpha as it is; where it says no more than an outline, what can be guessed from that."""
    return alpha if ((alpha > 0) & (alpha < 1)).any() else alpha_of_outline(alpha >= 0.5)
