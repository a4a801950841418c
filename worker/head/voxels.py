"""Solid bodies as signed distances on a grid of voxels, and the closed surfaces of such bodies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mcubes import marching_cubes
from scipy import ndimage


@dataclass(frozen=True)
class Voxels:
    """A grid along the axes of the camera frame.

    origin: (3,) mm, the first point; step_mm; shape: how many points there are along x, y and z.
    """

    origin: np.ndarray
    step_mm: float
    shape: tuple[int, int, int]

    @classmethod
    def around(cls, low: np.ndarray, high: np.ndarray, step_mm: float, most: int) -> Voxels:
        """A grid over a box (3,), (3,) with a margin of two points; in wider steps where it would have more."""
        span = np.maximum(high - low, step_mm)
        step = max(step_mm, float((span.prod() / most) ** (1 / 3)))
        count = np.ceil(span / step).astype(int) + 5
        return cls(low - 2 * step, step, (int(count[0]), int(count[1]), int(count[2])))

    @property
    def points(self) -> np.ndarray:
        """(X, Y, Z, 3) float32 mm."""
        axes = [start + self.step_mm * np.arange(n) for start, n in zip(self.origin, self.shape, strict=True)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), -1).astype(np.float32)


def smooth_union(one: np.ndarray, other: np.ndarray, radius_mm: float) -> np.ndarray:
    """The signed distance to two bodies together, rounded where they meet.

    Source: Quilez, Smooth minimum (quadratic polynomial), 2013.
    """
    near = np.maximum(radius_mm - np.abs(one - other), 0) / radius_mm
    return np.minimum(one, other) - near * near * radius_mm / 4


def largest_body(distance: np.ndarray, least_share: float = 0.05) -> np.ndarray:
    """The signed distance without the bodies that have less than a share of the largest one's volume."""
    labels, count = ndimage.label(distance < 0)
    if count < 2:
        return distance
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    small = sizes < least_share * sizes.max()
    small[0] = False
    gone = ndimage.binary_dilation(small[labels])
    return np.where(gone & (distance < 0), -distance, distance)


def surface_of(distance: np.ndarray, grid: Voxels) -> tuple[np.ndarray, np.ndarray]:
    """The closed surface where a signed distance is 0.

    Args:
        distance: (X, Y, Z) float, negative inside; the grid's own border is taken as outside.
        grid: where its points lie.
    Returns:
        (N, 3) float64 mm and (T, 3) int: every edge has two triangles, wound so that (b - a) x (c - a) points outward.
    Source: Lorensen & Cline, Marching Cubes, SIGGRAPH 1987.
    """
    points, triangles = marching_cubes(_with_border(distance, grid.step_mm), 0.0)  # wound inward
    return grid.origin + grid.step_mm * points, triangles[:, ::-1].astype(int)


def _with_border(distance: np.ndarray, outside: float) -> np.ndarray:
    values = distance.astype(np.float64).copy()
    for axis in range(3):
        for side in (0, -1):
            index: list[slice | int] = [slice(None)] * 3
            index[axis] = side
            values[tuple(index)] = np.maximum(values[tuple(index)], outside / 2)
    values[np.abs(values) < 1e-3] = 1e-3  # no point lies on the surface: no triangle is without an area
    return values
