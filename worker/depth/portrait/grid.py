"""Least squares on the pixels of a mask: smooth functions with given values and given curvature."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, SuperLU, cg

from shared.cloud.camera import Intrinsics
from worker.box import Box
from worker.geometry.fuse.membrane import factor_of

LEAST_SIDE_PX = 8  # of a coarse grid
EDGE_PRECISION = 1e-4  # relative, of what the slopes at the edge of what is known miss: a thousandth of a millimetre
NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def coarse_size_wh(camera: Intrinsics, cell_px: float) -> tuple[int, int]:
    """Width and height of a grid whose cells are that many pixels wide; never finer than the camera's own."""
    shrink = max(1.0, cell_px)
    return max(LEAST_SIDE_PX, round(camera.width / shrink)), max(LEAST_SIDE_PX, round(camera.height / shrink))


def shrunk(depth: np.ndarray, size_wh: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A depth map (H, W), NaN where unknown, on a coarser grid.

    Returns:
        (h, w) float32 mean of what is known in each cell, and (h, w) float32 share of the cell that is known, 0 to 1.
    """
    known = np.isfinite(depth)
    share = cv2.resize(known.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    total = cv2.resize(np.where(known, depth, 0).astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    return total / np.maximum(share, 1e-6), share


def distance_px(mask: np.ndarray) -> np.ndarray:
    """(H, W) float32: distance of each pixel of a mask (H, W) bool to the nearest one outside of it, 0 outside."""
    box = Box.round(mask)
    inside = cv2.distanceTransform(box.of(mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return box.put_into(mask.shape, inside, 0)


def laplacian(mask: np.ndarray) -> sparse.csr_matrix:
    """(N, N) 5-point Laplacian over the N pixels of a mask, row by row.

    Beyond the mask the function is 0; beyond the picture's border it goes on level.
    """
    height, width = mask.shape
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    v, u = np.nonzero(mask)
    own = index[mask]
    diagonal = np.zeros(len(own))
    rows, columns = [], []
    for down, right in NEIGHBOURS:
        inside = (v + down >= 0) & (v + down < height) & (u + right >= 0) & (u + right < width)
        diagonal -= inside
        neighbour = index[np.clip(v + down, 0, height - 1), np.clip(u + right, 0, width - 1)]
        both = inside & (neighbour >= 0)
        rows.append(own[both])
        columns.append(neighbour[both])
    row, column = np.concatenate([*rows, own]), np.concatenate([*columns, own])
    values = np.concatenate([np.ones(len(row) - len(own)), diagonal])
    return sparse.csr_matrix((values, (row, column)), shape=(len(own), len(own)))


@dataclass(frozen=True)
class Inflated:
    """Two functions that are 0 at a mask's rim, (H, W) float64, 0 outside of the mask.

    broken: its slope may break at the edge of what is known.
    smooth: its slope goes on there, as far as it shall.
    """

    broken: np.ndarray
    smooth: np.ndarray


def inflate(
    mask: np.ndarray, known: np.ndarray, curvature: np.ndarray, screening: np.ndarray, smoothness: np.ndarray
) -> Inflated:
    """Functions that are 0 at the mask's rim, continue the known values, and have a given Laplacian.

    Args:
        mask: (H, W) bool, where the function lives; beyond the picture's border it goes on level.
        known: (H, W) float, its known values; NaN where it is sought.
        curvature: (H, W) or (H, 1) float, the wanted Laplacian per pixel, usually negative; the next two likewise.
        screening: >= 0 per pixel^2; far from any edge the function tends to -curvature / screening.
        smoothness: >= 0, how much the slope shall go on across the edge of what is known (1), or may break there (0).
    Source: the screened Poisson equation with a Dirichlet edge; the rows at the known edge make the solution C1 in
        the least-squares sense.
    """
    curvature, screening, smoothness = (
        np.broadcast_to(each, mask.shape) for each in (curvature, screening, smoothness)
    )
    fixed = np.isfinite(known) & mask
    edge = fixed & (smoothness > 0) & beside(mask & ~fixed)
    operator = laplacian(mask) - sparse.diags(screening[mask])
    values, sought = np.where(fixed, known, 0)[mask].astype(float), ~fixed[mask]
    wanted = curvature[mask] - operator @ values
    poisson = factor_of(operator[sought][:, sought])
    broken = poisson.solve(wanted[sought])
    rows, weight = edge[mask], smoothness[edge]
    at_edge = sparse.diags(weight) @ operator[rows][:, sought]
    bent = _bent(poisson, at_edge, weight * wanted[rows] - at_edge @ broken) if len(weight) else 0
    planes = []
    for found in (broken, broken + bent):
        planes.append(np.zeros(mask.shape))
        values[sought] = found
        planes[-1][mask] = values
    return Inflated(*planes)


def _bent(poisson: SuperLU, at_edge: sparse.csr_matrix, missing: np.ndarray) -> np.ndarray:
    """What to add to the solution w of Poisson's equation P w = c, for the least squares of that and the edge's rows.

    With w + P^-1 y, where y is what the Laplacian gives way, |y|^2 + |K y - missing|^2 is least for y = K' z, and
    (1 + K K') z = missing, where K = at_edge P^-1: an equation for the edge alone, which converges in a dozen rounds.
    """

    def system(z: np.ndarray) -> np.ndarray:
        return z + at_edge @ poisson.solve(poisson.solve(at_edge.T @ z))

    z, _ = cg(LinearOperator((len(missing),) * 2, matvec=system, dtype=float), missing, rtol=EDGE_PRECISION)
    return poisson.solve(poisson.solve(at_edge.T @ z))


def beside(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool, a mask and the four neighbours of its pixels."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return cv2.dilate(mask.view(np.uint8), cross) > 0


def relaxed(values: np.ndarray, mask: np.ndarray, held: np.ndarray, curvature: np.ndarray, rounds: int) -> np.ndarray:
    """A few Jacobi rounds towards the given Laplacian: takes an upsampled `inflate` to the fine mask's rim.

    Args:
        values: (H, W) float32 start.
        mask: (H, W) bool; 0 outside.
        held: (H, W) bool, pixels that keep their values.
        curvature: (H, W) float32 Laplacian per pixel.
        rounds: how many.
    """
    current = np.where(mask, values, 0).astype(np.float32)
    free = np.flatnonzero(mask & ~held)
    mean, source = _mean_of_neighbours(free, mask.shape), curvature.ravel()[free] / 4
    flat = current.ravel()
    for _ in range(rounds):
        flat[free] = mean @ flat - source
    return current


def _mean_of_neighbours(free: np.ndarray, size_hw: tuple[int, ...]) -> sparse.csr_array:
    """(N, H * W) float32, of some pixels (N,) of a picture; what lies beyond its border is as the pixel itself."""
    height, width = size_hw
    v, u = np.divmod(free, width)
    sides = ((v > 0, -width), (v < height - 1, width), (u > 0, -1), (u < width - 1, 1))
    neighbours = np.column_stack([free + np.where(inside, step, 0) for inside, step in sides])
    weights = np.full(neighbours.size, 0.25, np.float32)
    ends = np.arange(0, neighbours.size + 1, len(sides))
    return sparse.csr_array((weights, neighbours.ravel(), ends), shape=(len(free), height * width))
