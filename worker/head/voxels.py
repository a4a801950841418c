"""Solid bodies as signed distances on a grid of voxels, and the closed surfaces of such bodies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

TETRAHEDRA = np.array(
    [[0, 1, 3, 7], [0, 3, 2, 7], [0, 2, 6, 7], [0, 6, 4, 7], [0, 4, 5, 7], [0, 5, 1, 7]]
)  # of a cube whose corner k lies at (k & 1, k >> 1 & 1, k >> 2 & 1); six round its diagonal, alike in all cubes


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
    Source: Doi & Koide, An Efficient Method of Triangulating Equi-Valued Surfaces by Using Tetrahedral Cells, 1991.
    """
    values = _with_border(distance, grid.step_mm)
    tetrahedra = _crossed(values)
    if not len(tetrahedra):
        return np.zeros((0, 3)), np.zeros((0, 3), int)
    ends = _triangle_edges(tetrahedra, values.ravel())  # (T, 3, 2) grid points
    low_high = np.sort(ends, axis=2)
    keys, corner = np.unique(low_high.reshape(-1, 2) @ [values.size, 1], return_inverse=True)
    low, high = keys // values.size, keys % values.size
    points = _places(low, high, values, grid)
    triangles = corner.reshape(-1, 3)
    return points, triangles


def _with_border(distance: np.ndarray, outside: float) -> np.ndarray:
    values = distance.astype(np.float64).copy()
    for axis in range(3):
        for side in (0, -1):
            index: list[slice | int] = [slice(None)] * 3
            index[axis] = side
            values[tuple(index)] = np.maximum(values[tuple(index)], outside / 2)
    values[np.abs(values) < 1e-3] = 1e-3  # no point lies on the surface: no triangle is without an area
    return values


def _crossed(values: np.ndarray) -> np.ndarray:
    """(Q, 4) grid points of the tetrahedra that the surface crosses."""
    inside = values < 0
    _, ny, nz = values.shape
    offsets = np.array([(k & 1) * ny * nz + (k >> 1 & 1) * nz + (k >> 2 & 1) for k in range(8)])
    count: np.ndarray = sum(  # type: ignore[assignment]
        inside[x : values.shape[0] - 1 + x, y : ny - 1 + y, z : nz - 1 + z].astype(np.uint8)
        for x in (0, 1)
        for y in (0, 1)
        for z in (0, 1)
    )
    x, y, z = np.nonzero((count > 0) & (count < 8))
    first = (x * ny + y) * nz + z
    tetrahedra = (first[:, None] + offsets)[:, TETRAHEDRA].reshape(-1, 4)
    within = inside.ravel()[tetrahedra].sum(1)
    return tetrahedra[(within > 0) & (within < 4)]


def _triangle_edges(tetrahedra: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(T, 3, 2) for each corner of each triangle the grid points between which it lies, wound outward."""
    inside = values[tetrahedra] < 0
    order = np.argsort(~inside, axis=1, kind="stable")  # those inside first
    sorted_ = np.take_along_axis(tetrahedra, order, 1)
    odd = _odd(order)
    within = inside.sum(1)
    a, b, c, d = sorted_.T
    pair = np.stack
    one = pair([pair([a, b], -1), pair([a, c], -1), pair([a, d], -1)], 1)
    three = pair([pair([d, a], -1), pair([d, b], -1), pair([d, c], -1)], 1)
    two = pair([pair([a, c], -1), pair([a, d], -1), pair([b, d], -1)], 1)
    more = pair([pair([a, c], -1), pair([b, d], -1), pair([b, c], -1)], 1)
    parts = []
    for edges, needed in ((one, 1), (three, 3), (two, 2), (more, 2)):
        chosen = within == needed
        flip = odd[chosen]
        part = edges[chosen]
        part[flip] = part[flip][:, ::-1]
        parts.append(part)
    return np.concatenate(parts)


def _odd(order: np.ndarray) -> np.ndarray:
    """(Q,) bool, True where a permutation (Q, 4) is odd."""
    swaps = np.zeros(len(order), int)
    for i in range(4):
        for j in range(i + 1, 4):
            swaps += order[:, i] > order[:, j]
    return swaps % 2 == 1


def _places(low: np.ndarray, high: np.ndarray, values: np.ndarray, grid: Voxels) -> np.ndarray:
    flat = values.ravel()
    share = (flat[low] / (flat[low] - flat[high]))[:, None]
    index = [np.stack(np.unravel_index(ends, values.shape), -1) for ends in (low, high)]
    return grid.origin + grid.step_mm * ((1 - share) * index[0] + share * index[1])
