"""Where the surface of a head turns away from the camera: its own outline in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from shared.cloud.camera import Intrinsics, pixels_at, project
from worker.geometry.raster import doubled_areas
from worker.head.meshes import vertex_normals

PRECISION_BITS = 4  # of a pixel, in OpenCV's drawing
NEAR_PX = 2.5  # a turning edge so near to the outline is part of it


@dataclass(frozen=True)
class Contour:
    """Vertices that lie on a mesh's outline.

    vertices: (P,) int, indices, each once; uv: (P, 2) float pixels; normal: (P, 2) unit vectors in the picture, out of
        the mesh.
    """

    vertices: np.ndarray
    uv: np.ndarray
    normal: np.ndarray

    def part(self, which: np.ndarray) -> Contour:
        """Some of its points, (P,) bool."""
        return Contour(self.vertices[which], self.uv[which], self.normal[which])


def contour_of(points: np.ndarray, triangles: np.ndarray, camera: Intrinsics) -> Contour:
    """The outline of a mesh; where the mesh is cut open it has none.

    Args:
        points: (N, 3) mm in the camera frame, all before the camera.
        triangles: (T, 3) int, (b - a) x (c - a) points outward.
        camera: a grid; its pixels tell how finely the outline is known.
    """
    uv = project(points, camera)
    turning = _turning_vertices(uv, triangles, len(points))
    inside = ndimage.distance_transform_edt(np.pad(drawn(uv, triangles, camera), 1))[1:-1, 1:-1]
    row, column, seen = pixels_at(uv[turning], camera)
    vertices = turning[seen & (inside[row, column] <= NEAR_PX)]
    normal = vertex_normals(points, triangles)[vertices, :2]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return Contour(vertices, uv[vertices], normal)


def drawn(uv: np.ndarray, triangles: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool, what a mesh with corners (N, 2) in pixels covers."""
    image = np.zeros((camera.height, camera.width), np.uint8)
    for corner in np.rint(uv[triangles] * 2**PRECISION_BITS).astype(np.int32):
        cv2.fillConvexPoly(image, corner, 1, shift=PRECISION_BITS)
    return image > 0


def _turning_vertices(uv: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    """(P,) vertices that have triangles both towards the camera and away from it."""
    away = doubled_areas(uv, triangles) > 0
    kinds = np.zeros((2, count), bool)
    kinds[0, triangles[away].ravel()] = True
    kinds[1, triangles[~away].ravel()] = True
    return np.flatnonzero(kinds.all(0))
