"""Where the skin is in space: its signed distance, and how thick something lies on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from worker.head.fine import FineSkin
from worker.head.meshes import vertex_normals
from worker.head.voxels import Voxels

COARSER = 2  # times a grid's step: distances to the skin are smooth
FAR_MM = 40.0  # outside of a body it does not matter how much farther: more than bodies mix, or a coarse step, reach


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

    def offsets(self, points: np.ndarray, within_mm: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
        """(P,) mm by which points (P, 3) lie outside of the skin, and (P,) the nearest vertices.

        Of what lies farther from the skin than `within_mm` both are any, the offset plus or minus infinity.
        """
        distance, nearest = self.tree.query(points, distance_upper_bound=within_mm)
        nearest = np.minimum(nearest, len(self.points) - 1)  # one more where there is none
        along = ((points - self.points[nearest]) * self.normals[nearest]).sum(1)
        near = np.where(distance < 12, along, np.copysign(distance, along))
        return near, nearest

    def shell(
        self,
        thickness_mm: np.ndarray,
        grid: Voxels,
        deep_mm: float = np.inf,
        used: Callable[[np.ndarray], np.ndarray] = lambda points: np.ones(len(points), bool),
    ) -> np.ndarray:
        """(X, Y, Z) mm, distance to the surface that lies thickness (S,) above the skin; positive outside.

        The body goes no deeper than `deep_mm` below the skin that is covered, that is where the thickness is above 0.
        At points (P, 3) that are not `used` (P,) it is taken to be FAR_MM.
        """
        step = grid.step_mm * COARSER
        shape = tuple((count + COARSER - 1) // COARSER + 1 for count in grid.shape)
        points = Voxels(grid.origin, step, (shape[0], shape[1], shape[2])).points.reshape(-1, 3)
        deeper = self._deeper(thickness_mm, deep_mm, points)
        near = np.flatnonzero(used(points) & (deeper < FAR_MM))
        offset, nearest = self.offsets(points[near])
        values = np.full(len(points), FAR_MM)
        values[near] = np.maximum(offset - thickness_mm[nearest], deeper[near])
        return upsampled(values.reshape(shape).astype(np.float32), grid.shape)

    def _deeper(self, thickness_mm: np.ndarray, deep_mm: float, points: np.ndarray) -> np.ndarray:
        """(P,) mm by which points (P, 3) are farther than `deep_mm` from covered skin; infinite beyond FAR_MM."""
        if not np.isfinite(deep_mm):
            return np.full(len(points), -np.inf)
        covered = cKDTree(self.points[thickness_mm > 0])
        return np.asarray(covered.query(points, distance_upper_bound=deep_mm + FAR_MM)[0] - deep_mm)


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
