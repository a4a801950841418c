"""A coarser grid for a point budget, and resampling onto it that never mixes two surfaces.

Convention: both grids cover the same picture edge to edge; pixel (0, 0) is centred at (0, 0).
"""

from __future__ import annotations

import math

import numpy as np

from shared.cloud.camera import Intrinsics
from worker.geometry.jumps import jump_ratio, same_surface

CLOSE_ENOUGH = 0.97
"""A grid that fills this part of the budget is not improved further."""


def grid_for_budget(known: np.ndarray, budget: int) -> tuple[int, int]:
    """Choose the finest grid (width, height), no finer than this one, on which at most `budget` points remain."""
    height, width = known.shape
    count = int(known.sum())
    if count <= budget:
        return width, height
    best, best_count, scale = (1, 1), 0, math.sqrt(budget / count)
    for _ in range(12):
        size_wh = max(1, round(width * scale)), max(1, round(height * scale))
        count = int(at_centres(known, size_wh).sum())
        if best_count < count <= budget:
            best, best_count = size_wh, count
        if best_count >= CLOSE_ENOUGH * budget:
            break
        scale *= math.sqrt(0.99 * budget / max(count, 1))
    return best


def thin(
    depth: np.ndarray, confidence: np.ndarray, camera: Intrinsics, size_wh: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Average depth and confidence over the pixels of a coarser grid.

    Each new pixel averages the old pixels under it that lie on the same surface as the one at its centre; a plane
    stays exactly that plane. Where the centre is unknown, so is the result.

    Args:
        depth: (H, W) float, NaN where unknown.
        confidence: (H, W) float.
        camera: of that grid.
        size_wh: width and height of the new grid, not above the old one's.
    Returns:
        Depth and confidence, (height, width) float32, NaN where there is no depth.
    """
    if size_wh == (camera.width, camera.height):
        return depth.astype(np.float32), np.where(np.isfinite(depth), confidence, np.nan).astype(np.float32)
    ratio = jump_ratio(camera.resized(size_wh).fx)
    columns, across = _taps(camera.width, size_wh[0])
    rows, along = _taps(camera.height, size_wh[1])
    centre = at_centres(depth, size_wh)
    total = np.zeros(centre.shape, np.float32)
    sums = np.zeros((2, *centre.shape), np.float32)
    for k_v in range(along.shape[1]):
        for k_u in range(across.shape[1]):
            at = np.ix_(rows[:, k_v], columns[:, k_u])
            tap = depth[at]
            weight = along[:, k_v, None] * across[None, :, k_u]
            weight = np.where(same_surface(centre, tap, ratio), weight, 0).astype(np.float32)
            total += weight
            sums[0] += weight * np.where(weight > 0, tap - centre, 0)  # small numbers: float32 keeps their digits
            sums[1] += weight * np.where(weight > 0, confidence[at], 0)
    total = np.where(total > 0, total, np.nan)
    return (centre + sums[0] / total).astype(np.float32), (sums[1] / total).astype(np.float32)


def at_centres(plane: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """A plane (H, W, ...) on a coarser grid, (height, width, ...): of each new pixel, the old one at its centre."""
    return plane[np.ix_(_nearest(plane.shape[0], size_wh[1]), _nearest(plane.shape[1], size_wh[0]))]


def _taps(old: int, new: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel of one axis of a new grid reads the old one: (new, K) pixels, and weights, which sum to 1.

    Linear interpolation, averaged over as many samples as a new pixel spans old ones.
    """
    scale = old / new
    samples = math.ceil(scale)
    inside = (np.arange(samples) + 0.5) / samples
    position = (np.arange(new)[:, None] + inside[None]) * scale - 0.5  # (n, samples)
    lower = np.floor(position).astype(int)
    first = lower[:, :1]
    weights = np.zeros((new, samples + 2))
    rows = np.arange(new)[:, None]
    np.add.at(weights, (rows, lower - first), 1 - (position - lower))
    np.add.at(weights, (rows, lower - first + 1), position - lower)
    return (first + np.arange(samples + 2)).clip(0, old - 1), weights / samples


def _nearest(old: int, new: int) -> np.ndarray:
    """(new,) the old pixel at the centre of each new one."""
    return np.minimum(((np.arange(new) + 0.5) * (old / new)).astype(int), old - 1)
