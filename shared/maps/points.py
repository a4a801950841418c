"""A point map that somebody brought along with a photo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.quarters import axes_turned, turned

PointsUnit = Literal["m", "mm", "relative"]
"""Of a file's lengths; "relative" is any."""


@dataclass(frozen=True)
class PointMap:
    """Depth of a whole photo, at any size, and what else is known with it.

    Convention: camera frame x right, y down, z forward, as in `shared.cloud.camera`.

    depth: (h, w) float32 along the optical axis, positive, NaN where there is nothing; in mm where it is metric, else
        a part of its median.
    metric: whether its unit is known.
    normals: (h, w, 3) float32, unit vectors out of the surface, NaN where there are none; None where none came.
    camera: the lens that it was seen by, as intrinsics of that grid, its principal point in the middle; None where it
        is not known.
    """

    depth: np.ndarray
    metric: bool
    normals: np.ndarray | None = None
    camera: Intrinsics | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.depth.shape[1], self.depth.shape[0]

    def turned(self, quarters: int) -> PointMap:
        """The map of the photo turned clockwise by so many quarter turns."""
        normals = self.normals
        if normals is not None:
            normals = turned(normals, quarters) @ axes_turned(quarters).T.astype(np.float32)
        camera = self.camera and self.camera.turned(quarters)
        return replace(self, depth=turned(self.depth, quarters), normals=normals, camera=camera)

    def report(self) -> dict[str, object]:
        """What it brought, for a person to read."""
        return {
            "unit": "mm" if self.metric else "relative",
            "known": round(float(np.isfinite(self.depth).mean()), 3),
            "lens": self.camera is not None,
            "normals": self.normals is not None,
        }
