"""Least squares on the pixels of a mask: smooth functions with given values and given curvature."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

from shared.cloud.camera import Intrinsics

LEAST_SIDE_PX = 8  # of a coarse grid
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
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


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


def inflate(
    mask: np.ndarray, known: np.ndarray, curvature: np.ndarray, screening: np.ndarray, smoothness: np.ndarray
) -> np.ndarray:
    """A function that is 0 at the mask's rim, continues the known values smoothly, and has a given Laplacian.

    Args:
        mask: (H, W) bool, where the function lives; beyond the picture's border it goes on level.
        known: (H, W) float, its known values; NaN where it is sought.
        curvature: (H, W) float, the wanted Laplacian per pixel, usually negative.
        screening: (H, W) float >= 0 per pixel^2; far from any edge the function tends to -curvature / screening.
        smoothness: (H, W) float >= 0, how much the slope shall go on across the edge of what is known (1), or may
            break there (0).
    Returns:
        (H, W) float64; 0 outside the mask.
    Source: the screened Poisson equation with a Dirichlet edge; the rows at the known edge make the solution C1 in
        the least-squares sense.
    """
    fixed = np.isfinite(known) & mask
    edge = fixed & ndimage.binary_dilation(mask & ~fixed)
    weights = np.where(fixed, np.where(edge, smoothness, 0), 1)[mask]
    rows, inside = weights > 0, fixed[mask]
    operator = sparse.diags(weights[rows]) @ (laplacian(mask) - sparse.diags(screening[mask]))[rows]
    values = np.where(fixed, known, 0)[mask]
    wanted = weights[rows] * curvature[mask][rows] - operator @ values
    sought = operator[:, ~inside]
    square = sought.shape[0] == sought.shape[1]  # nothing to balance: Poisson's equation itself
    system, target = (sought, wanted) if square else (sought.T @ sought, sought.T @ wanted)
    values[~inside] = solved(system, target)
    whole = np.zeros(mask.shape)
    whole[mask] = values
    return whole


def solved(system: sparse.spmatrix, target: np.ndarray) -> np.ndarray:
    """(N,) solution of a symmetric definite system (N, N): an ordering for it takes half of the usual one's time."""
    options = {"SymmetricMode": True}
    return splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options).solve(target)


def relaxed(values: np.ndarray, mask: np.ndarray, held: np.ndarray, curvature: np.ndarray, rounds: int) -> np.ndarray:
    """A few Jacobi rounds towards the given Laplacian: takes an upsampled `inflate` to the fine mask's rim.

    Args:
        values: (H, W) float32 start.
        mask: (H, W) bool; 0 outside.
        held: (H, W) bool, pixels that keep their values.
        curvature: (H, W) float32 Laplacian per pixel.
        rounds: how many.
    """
    mean = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    source = (curvature / 4).astype(np.float32)
    current = np.where(mask, values, 0).astype(np.float32)
    for _ in range(rounds):
        step = cv2.filter2D(current, -1, mean, borderType=cv2.BORDER_REPLICATE) - source
        current = np.where(mask & ~held, step, current)
    return current
