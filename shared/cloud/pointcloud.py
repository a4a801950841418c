"""The organized point cloud: points on the pixel grid of a pinhole camera.

Since the points lie on a regular grid, x and y follow from the pixel and only depth has to be kept. Whoever reads the
cloud rebuilds the points and the triangles between neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.cloud.camera import Intrinsics, unproject

Unit = Literal["mm", "relative"]


@dataclass(frozen=True)
class PointCloud:
    """An organized point cloud.

    depth: (H, W) float32 along the optical axis, in `unit`; NaN where there is no point.
    camera: intrinsics of this H x W grid, which covers the whole photo, upright.
    gray: (H, W) uint8, lighter is nearer.
    rgb: (H, W, 3) uint8, the photo's colour.
    confidence: (H, W) uint8, 0 none to 255 full.
    classes: (H, W) uint8, the `PointClass` of each point; OTHER throughout where no person is known.
    joined_ratio: two neighbours belong to one surface if their depths differ by at most this part of the nearer one.
    quarters: quarter turns clockwise by which the photo was turned first, to set its person upright.
    """

    depth: np.ndarray
    camera: Intrinsics
    unit: Unit
    gray: np.ndarray
    rgb: np.ndarray
    confidence: np.ndarray
    classes: np.ndarray
    joined_ratio: float
    quarters: int = 0

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool, True where there is a point."""
        return np.isfinite(self.depth)

    @property
    def count(self) -> int:
        """Number of points."""
        return int(self.mask.sum())

    def points(self) -> np.ndarray:
        """(N, 3) float32 in the camera frame (x right, y down, z forward), row by row."""
        return unproject(self.depth, self.camera)[self.mask]
