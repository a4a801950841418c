"""What a mesh shows, as the file of an image: the photo, or the colours of the classes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.pointcloud import PointCloud
from worker.geometry.clean.holes import nearest_places

LONG_SIDE_PX = 2048
QUALITY = 75
SAME_COLOUR = 12
"""Levels of 255 up to which a colour of the cloud, resampled on another way, is the photo's own."""


@dataclass(frozen=True)
class Texture:
    """An image's bytes, and the kind of file that they are."""

    data: bytes
    suffix: str
    media_type: str


def class_texture(colours: np.ndarray, mask: np.ndarray) -> Texture:
    """Colours (H, W, 3) uint8 of a cloud's points, mask (H, W), as PNG."""
    return Texture(_encoded(extended(colours, mask), ".png"), "png", "image/png")


def photo_texture(pixels: np.ndarray, cloud: PointCloud, colours: np.ndarray) -> Texture:
    """A photo (h, w, 3) uint8 as JPEG of at most LONG_SIDE_PX; where the cloud's colours differ from it, those.

    They do at outlines, where the photo mixes the background in.

    Args:
        colours: (H, W, 3) uint8, the cloud's, continued beyond its outline.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(height, width))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    photo = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    share = cv2.resize(_differs(photo, cloud), size_wh, interpolation=cv2.INTER_LINEAR)
    mixed = photo.copy()
    clean = cv2.resize(colours, size_wh, interpolation=cv2.INTER_CUBIC)
    where = share > 0
    part = share[where][:, None]
    mixed[where] = np.rint(photo[where] + part * (clean[where].astype(np.float32) - photo[where]))
    return Texture(_encoded(mixed, ".jpg", cv2.IMWRITE_JPEG_QUALITY, QUALITY), "jpg", "image/jpeg")


def extended(colours: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Colours (H, W, 3), continued beyond a mask (H, W): a texture is read between its pixels too."""
    whole = colours.copy()
    whole[~mask] = colours[nearest_places(mask, ~mask)]
    return whole


def _differs(photo: np.ndarray, cloud: PointCloud) -> np.ndarray:
    """(H, W) float32 on the cloud's grid, 1 where its colours are not the photo's, and round its outline; else 0."""
    plain = cv2.resize(photo, (cloud.camera.width, cloud.camera.height), interpolation=cv2.INTER_AREA)
    near = cv2.dilate(cloud.mask.astype(np.uint8), np.ones((9, 9), np.uint8))
    other = ~cloud.mask | (cv2.absdiff(cloud.rgb, plain).max(-1) > SAME_COLOUR)
    other = cv2.dilate(other.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.minimum(near, other).astype(np.float32)


def _encoded(image: np.ndarray, suffix: str, *how: int) -> bytes:
    return cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), how)[1].tobytes()
