"""The surface of a fitted head as the camera sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import Intrinsics, project
from worker.geometry.raster import doubled_areas, rasterise
from worker.head.contour import contour_of
from worker.head.model.head_model import HeadModel

HAIRY = 0.3
"""How sure it has to be that hair grows on a triangle; set by hand."""


@dataclass(frozen=True)
class Seen:
    """A head on a pixel grid.

    front: (H, W) float64 mm, depth of what is seen of it; NaN beside it.
    scalp: (H, W) bool, where that is a part on which hair grows.
    rim_uv: (P, 2) pixels, and rim_mm: (P,) depth, of points at which its surface turns away from the camera.
    """

    front: np.ndarray
    scalp: np.ndarray
    rim_uv: np.ndarray
    rim_mm: np.ndarray

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the grid."""
        return self.front.shape[1], self.front.shape[0]


def seen(points: np.ndarray, model: HeadModel, camera: Intrinsics) -> Seen:
    """A head with vertices (N, 3) mm in the camera frame, subdivided once so that no facets show."""
    weights, triangles = model.subdivided_skin
    fine = weights @ points.astype(float)
    uv = project(fine, camera)
    towards = triangles[doubled_areas(uv, triangles) < 0]
    corners, size_hw = np.column_stack([uv, fine[:, 2]]), (camera.height, camera.width)
    hairy = (weights @ model.scalp.astype(float))[towards].min(1) > HAIRY
    hair, bare = (rasterise(corners, part, size_hw) for part in (towards[hairy], towards[~hairy]))
    contour = contour_of(points.astype(float), model.skin_triangles, camera)
    scalp = np.isfinite(hair) & ~(bare <= hair)
    return Seen(np.fmin(hair, bare), scalp, contour.uv, points[contour.vertices, 2].astype(float))
