"""The part of a photo round one person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from worker.person.face import Face


@dataclass(frozen=True)
class RegionSettings:
    """What of a photo is shown to a segmentation network, in face sides; set by hand, no data is recorded."""

    width: float = 4.4  # of the region, the face in the middle
    above: float = 1.6  # from the face's middle up
    below: float = 3.2  # from the face's middle down
    chin: float = 0.48  # how far below the face's middle its chin lies


REGION = RegionSettings()


@dataclass(frozen=True)
class Region:
    """The part [top, bottom) x [left, right) of a photo, seen as size_px x size_px pixels.

    face: (2,) u, v of the face's middle, and side: (2,) its side across and down, in those small pixels.
    """

    top: int
    bottom: int
    left: int
    right: int
    size_px: int
    face: np.ndarray
    side: np.ndarray

    def of(self, picture: np.ndarray) -> np.ndarray:
        """That part of an (H, W, ...) array, as a view."""
        return picture[self.top : self.bottom, self.left : self.right]

    @cached_property
    def below_chin(self) -> np.ndarray:
        """(size_px, size_px) float, face sides below the chin at each pixel; negative above it."""
        chin = self.face[1] + REGION.chin * self.side[1]
        return np.repeat((np.arange(self.size_px)[:, None] - chin) / self.side[1], self.size_px, axis=1)

    @cached_property
    def beside_face(self) -> np.ndarray:
        """(size_px, size_px) float, face sides to either side of the face's middle."""
        return np.repeat(np.abs(np.arange(self.size_px)[None] - self.face[0]) / self.side[0], self.size_px, axis=0)


def region_round(face: Face, size_hw: tuple[int, int], size_px: int) -> Region:
    """The region that holds the head and shoulders of a face, inside a photo of that size."""
    (u, v), side = face.middle, face.side
    half = side * REGION.width / 2
    left, right = max(0, int(u - half)), min(size_hw[1], int(u + half) + 1)
    top, bottom = max(0, int(v - side * REGION.above)), min(size_hw[0], int(v + side * REGION.below) + 1)
    scale = size_px / np.array([right - left, bottom - top])
    return Region(top, bottom, left, right, size_px, (np.array([u, v]) - [left, top]) * scale, side * scale)
