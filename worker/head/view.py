"""What a photo shows of a person, on one pixel grid: all that a whole head is made from beside the fitted model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics, project
from shared.cloud.classes import PointClass


@dataclass(frozen=True)
class HeadView:
    """A person in a photo.

    depth: (H, W) float32 mm of the visible surface; NaN where there is none.
    camera: of that grid.
    alpha: (H, W) float32, 0 to 1, how far each pixel belongs to the person.
    classes: (H, W) uint8, the `PointClass` of each pixel.
    confidence: (H, W) float32, 0 none to 1 full.
    pixels: (h, w, 3) uint8, the photo at any size of that shape.
    """

    depth: np.ndarray
    camera: Intrinsics
    alpha: np.ndarray
    classes: np.ndarray
    confidence: np.ndarray
    pixels: np.ndarray

    def reduced(self, long_side_px: int) -> HeadView:
        """The same on a grid of at most that many pixels on its longer side; the photo stays as it is."""
        if long_side_px not in self._reduced:
            self._reduced[long_side_px] = self._on_grid(long_side_px / max(self.camera.width, self.camera.height))
        return self._reduced[long_side_px]

    @cached_property
    def _reduced(self) -> dict[int, HeadView]:
        """What was asked for; the same grid is used in several places."""
        return {}

    def _on_grid(self, scale: float) -> HeadView:
        """The same on a grid that many times as fine; the same itself where that is not coarser."""
        if scale >= 1:
            return self
        size_wh = max(2, round(self.camera.width * scale)), max(2, round(self.camera.height * scale))
        known = np.isfinite(self.depth).astype(np.float32)
        share = cv2.resize(known, size_wh, interpolation=cv2.INTER_AREA)
        sums = cv2.resize(np.where(known > 0, self.depth, 0).astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
        with np.errstate(invalid="ignore", divide="ignore"):
            depth = np.where(share >= 0.5, sums / share, np.nan)  # NaN where less than half is known
        return HeadView(
            depth,
            self.camera.resized(size_wh),
            cv2.resize(self.alpha.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA),
            cv2.resize(self.classes, size_wh, interpolation=cv2.INTER_NEAREST),
            cv2.resize(self.confidence.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA),
            self.pixels,
        )

    @cached_property
    def person(self) -> np.ndarray:
        """(H, W) bool, pixels that show the person."""
        return (self.classes != PointClass.BACKGROUND) & np.isfinite(self.depth)

    def in_photo(self, uv: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) of the grid as pixels of the photo, which has another size."""
        height, width = self.pixels.shape[:2]
        scale = np.array([width / self.camera.width, height / self.camera.height], uv.dtype)
        return (uv + 0.5) * scale - 0.5

    def hull_of(self, points: np.ndarray) -> np.ndarray:
        """(H, W) bool, what lies between the outermost of points (P, 3) mm as they are seen."""
        inside = np.zeros(self.depth.shape, np.uint8)
        cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(project(points, self.camera)).astype(np.int32)), 1)
        return inside > 0

    def shows(self, *classes: PointClass) -> np.ndarray:
        """(H, W) bool, pixels of the person and of one of those classes."""
        return self.person & np.isin(self.classes, classes)
