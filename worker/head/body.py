"""Where the skin is in space: its signed distance, and how thick something lies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from worker.head.fine import FineSkin
from worker.head.meshes import vertex_normals
from worker.head.voxels import Voxels

COARSER = 2  # times a grid's step: distances to the skin are smooth


@dataclass(frozen=True)
class Skin:
    """The skin in the photo's expression, in the camera frame.

    points: (S, 3) mm; normals: (S, 3).
    """

    fine: FineSkin
    points: np.ndarray
    normals: np.ndarray
    tree: cKDTree

    @classmethod
    def of(cls, fine: FineSkin, points: np.ndarray) -> Skin:
        """The skin with its search tree."""
        return cls(fine, points, vertex_normals(points, fine.triangles), cKDTree(points))

    def offsets(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(P,) mm by which points (P, 3) lie outside of the skin, and (P,) the nearest vertices."""
        distance, nearest = self.tree.query(points)
        along = ((points - self.points[nearest]) * self.normals[nearest]).sum(1)
        near = np.where(distance < 12, along, np.sign(along) * distance)
        return near, nearest

    def shell(self, thickness_mm: np.ndarray, grid: Voxels, deep_mm: float = np.inf) -> np.ndarray:
        """(X, Y, Z) mm, distance to the surface that lies thickness (S,) above the skin; positive outside.

        The body goes no deeper than `deep_mm` below the skin that is covered, that is where the thickness is above 0.
        """
        step = grid.step_mm * COARSER
        shape = tuple((count + COARSER - 1) // COARSER + 1 for count in grid.shape)
        coarse = Voxels(grid.origin, step, (shape[0], shape[1], shape[2]))
        offset, nearest = self.offsets(coarse.points.reshape(-1, 3))
        values = offset - thickness_mm[nearest]
        if np.isfinite(deep_mm):
            covered = cKDTree(self.points[thickness_mm > 0])
            values = np.maximum(values, covered.query(coarse.points.reshape(-1, 3))[0] - deep_mm)
        values = values.reshape(shape).astype(np.float32)
        return upsampled(values, grid.shape)


def upsampled(values: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Values on a grid of twice the step, on the finer grid (X, Y, Z) between them."""
    for axis, count in enumerate(shape):
        at = np.arange(count)
        low = at // COARSER
        share = (at % COARSER / COARSER).astype(np.float32)
        share = share.reshape([-1 if axis == k else 1 for k in range(3)])
        one, other = (np.take(values, np.minimum(index, values.shape[axis] - 1), axis) for index in (low, low + 1))
        values = one + share * (other - one)
    return values


def at_points(values: np.ndarray, grid: Voxels, points: np.ndarray) -> np.ndarray:
    """(P,) values of a grid at points (P, 3) mm, those of its border beyond it."""
    index = (points - grid.origin) / grid.step_mm
    return np.asarray(ndimage.map_coordinates(values, index.T, order=1, mode="nearest"))
