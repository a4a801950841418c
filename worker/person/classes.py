"""The parts of people in a photo, seen by the segmentation network as a whole and, for small faces, from near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from worker.box import Box
from worker.person.face import Face
from worker.person.networks.segmentation import SegmentationNetwork
from worker.person.region import region_round


@dataclass(frozen=True)
class ViewSettings:
    """When the network looks from near as well; set by hand, no data is recorded."""

    small_face: float = 0.12  # of the photo's longer side: the side of a face that the network sees too small
    most_aspect: float = 1.7  # longer sides: the network, which sees a square, sees such a photo squeezed
    feather: float = 0.15  # of the region's sides: how wide the near view fades into the far one


VIEWS = ViewSettings()


def part_shares(pixels: np.ndarray, face: Face, network: SegmentationNetwork) -> np.ndarray:
    """How likely each pixel shows each part.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        face: of the person who is looked for.
        network: the one that sees them.
    Returns:
        (6, H, W) float32, a plane for each `Part`; they sum up to 1.
    """
    height, width = pixels.shape[:2]
    shares = _resized(network.shares(pixels), (height, width))
    long_side, short_side = max(height, width), min(height, width)
    if face.side >= VIEWS.small_face * long_side and long_side <= VIEWS.most_aspect * short_side:
        return shares
    region = region_round(face, (height, width))
    near = _resized(network.shares(region.of(pixels)), region.size_hw)
    part = shares[:, *region.window]
    part += _feather(region, (height, width)) * (near - part)
    return shares


def _resized(planes: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """Planes (P, h, w) on another grid, (P, H, W) float32."""
    resized = np.empty((len(planes), *size_hw), np.float32)
    for plane, target in zip(planes, resized, strict=True):
        cv2.resize(plane, size_hw[::-1], dst=target, interpolation=cv2.INTER_LINEAR)
    return resized


def _feather(region: Box, size_hw: tuple[int, int]) -> np.ndarray:
    """(h, w) float32: 1 inside the region, falling to 0 at its edges, but not where the photo ends there too."""
    height, width = size_hw
    down = _ramp(region.size_hw[0], region.top > 0, region.bottom < height)
    across = _ramp(region.size_hw[1], region.left > 0, region.right < width)
    return down[:, None] * across[None]


def _ramp(length: int, falls_before: bool, falls_after: bool) -> np.ndarray:
    position = np.clip((np.arange(length, dtype=np.float32) + 0.5) / (VIEWS.feather * length), 0, 1)
    ones = np.ones(length, np.float32)
    return (position if falls_before else ones) * (position[::-1] if falls_after else ones)
