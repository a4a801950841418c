"""A triangle mesh as a picture: clay under two lamps, or the photo's own colours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from worker.geometry.raster import fragments_of
from worker.geometry.rotation import rotation
from worker.geometry.surface.mesh import Mesh
from worker.head.meshes import vertex_normals

OVERSAMPLED = 2
GROUND = 10.0  # brightness of the empty picture
CLAY, INSIDE = np.array([226.0, 224.0, 220.0]), np.array([120.0, 70.0, 60.0])  # outside; what is seen from behind
KEY, FILL = np.array([-0.5, 0.6, 0.62]), np.array([0.7, 0.1, 0.5])  # where the lamps stand, seen from the viewer
KEY_SHARE, FILL_SHARE, AMBIENT = 0.72, 0.2, 0.12


@dataclass(frozen=True)
class View:
    """Where a mesh is seen from: turned about the vertical through `middle`, in parallel rays.

    middle: (3,) what is in the middle of the picture; span: how much is seen from top to bottom; both in mesh units.
    """

    yaw_deg: float
    middle: np.ndarray
    span: float
    size_px: int

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3), mesh frame (x right, y up, z to the viewer) to the viewer's."""
        return rotation(self.yaw_deg)


def rendered(mesh: Mesh, view: View, colours: np.ndarray | None = None) -> np.ndarray:
    """Draw a mesh.

    Args:
        mesh: x right, y up, z towards the viewer; triangles counter-clockwise seen from outside.
        view: from where.
        colours: (N, 3) 0..255, of the vertices; None: clay.
    Returns:
        (size_px, size_px, 3) uint8.
    """
    size = view.size_px * OVERSAMPLED
    turned = (mesh.vertices - view.middle) @ view.rotation.T
    scale = size / view.span
    screen = np.column_stack([turned[:, 0] * scale + size / 2, size / 2 - turned[:, 1] * scale])
    parts = fragments_of(screen, mesh.triangles, (size, size))
    corners = mesh.triangles[parts.triangle]  # (F, 3)
    height = (parts.weights * turned[corners, 2]).sum(1)
    order = np.lexsort((height, parts.pixel))
    seen = order[np.append(parts.pixel[order][1:] != parts.pixel[order][:-1], True)]  # the nearest of each pixel
    weights, corners = parts.weights[seen, :, None], corners[seen]
    normals = (weights * (vertex_normals(mesh.vertices, mesh.triangles) @ view.rotation.T)[corners]).sum(1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    own = CLAY if colours is None else (weights * colours[corners]).sum(1)
    front = normals[:, 2:] > 0
    image = np.full((size * size, 3), GROUND)
    light = _light(np.where(front, normals, -normals))[:, None]
    image[parts.pixel[seen]] = np.where(front, own if colours is not None else own * light, INSIDE * light)
    small = cv2.resize(image.reshape(size, size, 3), (view.size_px,) * 2, interpolation=cv2.INTER_AREA)
    return np.rint(small.clip(0, 255)).astype(np.uint8)


def _light(normals: np.ndarray) -> np.ndarray:
    """(N,) brightness, 0 to about 1, of a matt surface."""
    key, fill = (np.clip(normals @ (lamp / np.linalg.norm(lamp)), 0, 1) for lamp in (KEY, FILL))
    return AMBIENT + KEY_SHARE * key + FILL_SHARE * fill
