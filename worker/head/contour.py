"""Where the surface of a head turns away from the camera: its own outline in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

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
    turning = _turning_vertices(doubled_areas(uv, triangles) > 0, triangles, len(points))
    row, column, seen = pixels_at(uv, camera)
    near = _depth_in_outline(drawn(uv, triangles, camera), row, column) <= NEAR_PX
    vertices = turning[(seen & near)[turning]]
    chosen = np.zeros(len(points), bool)
    chosen[vertices] = True
    normal = vertex_normals(points, triangles[chosen[triangles].any(1)])[vertices, :2]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return Contour(vertices, uv[vertices], normal)


def drawn(uv: np.ndarray, triangles: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool, what a mesh with corners (N, 2) in pixels covers; triangles as for `contour_of`."""
    image = np.zeros((camera.height, camera.width), np.uint8)
    away = doubled_areas(uv, triangles) > 0
    _draw(image, uv, triangles[~away])
    # What faces away lies behind that, but along the outline, and where the mesh is cut open and its inside shows.
    row, column, _ = pixels_at(uv, camera)
    shows = image[row, column] == 0
    shows[_turning_vertices(away, triangles, len(uv))] = True
    _draw(image, uv, triangles[away & shows[triangles].any(1)])
    return image > 0


def _depth_in_outline(image: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """(N,) pixels from the corners of a mesh that was drawn to the nearest pixel beside it, or beyond the picture."""
    top, left = max(0, row.min() - 1), max(0, column.min() - 1)  # what was drawn reaches a pixel beyond its corners
    part = image[top : row.max() + 2, left : column.max() + 2]
    inside = cv2.distanceTransform(np.pad(part.view(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return inside[row - top + 1, column - left + 1]


def _draw(image: np.ndarray, uv: np.ndarray, triangles: np.ndarray) -> None:
    for corners in np.rint(uv * 2**PRECISION_BITS).astype(np.int32)[triangles]:
        cv2.fillConvexPoly(image, corners, 1, shift=PRECISION_BITS)


def _turning_vertices(away: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    """(P,) vertices of triangles that face away from the camera, (T,) bool, and of others."""
    kinds = np.zeros((2, count), bool)
    kinds[0, triangles[away].ravel()] = True
    kinds[1, triangles[~away].ravel()] = True
    return np.flatnonzero(kinds.all(0))
