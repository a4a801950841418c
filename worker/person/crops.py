"""Square crops of a photo, turned and scaled, and the way back from crop to photo.

Convention: pixel (0, 0) is centred at (0, 0) in photos and crops alike; u is the column, v the row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Square:
    """A square of a photo: centre and side in photo pixels, turned clockwise (as seen) by `angle_rad`."""

    u: float
    v: float
    side: float
    angle_rad: float = 0.0

    def scaled(self, scale_u: float, scale_v: float) -> Square:
        """The same square on another pixel grid over the same picture (pixel edges stay aligned)."""
        u, v = (self.u + 0.5) * scale_u - 0.5, (self.v + 0.5) * scale_v - 0.5
        return Square(u, v, self.side * (scale_u + scale_v) / 2, self.angle_rad)


def photo_from_crop(square: Square, size: int) -> np.ndarray:
    """(2, 3) float64 affine map from pixels of a size x size crop to pixels of the photo."""
    scale = square.side / size
    cos, sin = math.cos(square.angle_rad) * scale, math.sin(square.angle_rad) * scale
    middle = (size - 1) / 2
    linear = np.array([[cos, -sin], [sin, cos]])
    shift = np.array([square.u, square.v]) - linear @ [middle, middle]
    return np.column_stack([linear, shift])


def crop(pixels: np.ndarray, square: Square, size: int) -> np.ndarray:
    """Cut a square out of a photo, without aliasing.

    Args:
        pixels: (H, W, 3) uint8; beyond its edges is black.
        square: what to cut.
        size: side of the crop in pixels.
    Returns:
        (size, size, 3) uint8.
    """
    affine = photo_from_crop(square, size)
    shrink = int(square.side / size)
    if shrink >= 2:
        pixels, origin = _around(pixels, square)
        height, width = pixels.shape[:2]
        small = cv2.resize(pixels, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA)
        ratio = np.array([small.shape[1] / width, small.shape[0] / height])
        affine[:, 2] -= origin
        affine = affine * ratio[:, None]
        affine[:, 2] += (ratio - 1) / 2
        pixels = small
    return cv2.warpAffine(pixels, affine, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def to_photo(points: np.ndarray, square: Square, size: int) -> np.ndarray:
    """Points of a crop in the photo's pixels.

    Args:
        points: (N, 2) or (N, 3) float in crop pixels; a third coordinate is a length along the optical axis.
        square: the square that the crop shows.
        size: side of the crop in pixels.
    Returns:
        Array of the same shape, in photo pixels.
    """
    affine = photo_from_crop(square, size)
    flat = points[:, :2] @ affine[:, :2].T + affine[:, 2]
    return np.column_stack([flat, points[:, 2:] * square.side / size])


def _around(pixels: np.ndarray, square: Square) -> tuple[np.ndarray, np.ndarray]:
    """The part of a photo that holds the turned square, and its first pixel (u, v)."""
    height, width = pixels.shape[:2]
    reach = square.side * 0.75
    left, right = np.clip([square.u - reach, square.u + reach + 1], 0, width).astype(int)
    top, bottom = np.clip([square.v - reach, square.v + reach + 1], 0, height).astype(int)
    left, top = min(left, width - 1), min(top, height - 1)
    return pixels[top : max(bottom, top + 1), left : max(right, left + 1)], np.array([left, top])
