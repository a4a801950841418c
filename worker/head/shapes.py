"""A closed body on voxels as a mesh: smooth and of few triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import Manifold, Mesh
from scipy import sparse

from worker.head.bodies import Cover
from worker.head.meshes import adjacency
from worker.head.voxels import surface_of


@dataclass(frozen=True)
class ShapeSettings:
    """Chosen by eye."""

    smooth: int = 4  # rounds of smoothing, each with its inverse
    detail_mm: float = 0.3  # so far the surface may move where triangles are saved
    triangles: int = 12_000


SHAPE = ShapeSettings()


def closed_mesh(cover: Cover) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) mm and (T, 3): the body's surface, smooth and of few triangles."""
    points, triangles = surface_of(cover.distance, cover.grid)
    if not len(triangles):
        return points, triangles
    points = _taubin(points, triangles)
    solid = Manifold(Mesh(points.astype(np.float32), triangles.astype(np.uint32)))
    detail = SHAPE.detail_mm
    solid = solid.simplify(detail)
    while solid.num_tri() > SHAPE.triangles:
        detail *= 1.6
        solid = solid.simplify(detail)
    mesh = solid.to_mesh()
    return np.asarray(mesh.vert_properties, float)[:, :3], np.asarray(mesh.tri_verts).astype(int)


def _taubin(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Smooth points that keep their volume. Source: Taubin, A Signal Processing Approach to Fair Surface Design."""
    links = adjacency(triangles, len(points))
    mean = sparse.diags_array(1 / np.asarray(links.sum(1)).ravel()) @ links
    for _ in range(SHAPE.smooth):
        for factor in (0.5, -0.53):
            points = points + factor * (mean @ points - points)
    return points
