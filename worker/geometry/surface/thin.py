"""A coarser grid for a point budget, and resampling onto it that never mixes two surfaces.

Convention: both grids cover the same picture edge to edge; pixel (0, 0) is centred at (0, 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.box import Box
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
    ratio, centre = jump_ratio(camera.resized(size_wh).fx), at_centres(depth, size_wh)
    box = Box.round(np.isfinite(centre), margin_px=0)
    rows = _taps(camera.height, size_wh[1], box.top, box.bottom)
    columns = _taps(camera.width, size_wh[0], box.left, box.right)
    known = np.isfinite(box.of(centre))
    smooth = known & _on_one_surface(depth, rows, columns, ratio)
    torn = known & ~smooth
    parts = [_mean(plane, rows, columns) for plane in (np.where(np.isfinite(depth), depth, 0), confidence)]
    of_torn = _mean_on_surface(depth, confidence, box.of(centre)[torn], *_taps_of(torn, rows, columns), ratio)
    for part, values in zip(parts, of_torn, strict=True):
        part[~smooth] = np.nan
        part[torn] = values
    thinned, trust = (box.put_into(centre.shape, part, np.nan) for part in parts)
    return thinned, trust


def at_centres(plane: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """A plane (H, W, ...) on a coarser grid, (height, width, ...): of each new pixel, the old one at its centre."""
    return plane[np.ix_(_nearest(plane.shape[0], size_wh[1]), _nearest(plane.shape[1], size_wh[0]))]


@dataclass(frozen=True)
class _Taps:
    """Where N pixels of one axis of a new grid read the old one: places (N, K) int, weights (N, K), which sum to 1."""

    places: np.ndarray
    weights: np.ndarray

    def at(self, pixels: np.ndarray) -> _Taps:
        """Those of some of the pixels (M,) int."""
        return _Taps(self.places[pixels], self.weights[pixels])

    def mean(self, plane: np.ndarray) -> np.ndarray:
        """(N, W) float32, the means of the rows of a plane (H, W)."""
        taps = zip(self.places.T, self.weights.T, strict=True)
        return np.sum([plane[places] * weights[:, None] for places, weights in taps], axis=0)


def _taps(old: int, new: int, begin: int, end: int) -> _Taps:
    """Linear interpolation, averaged over as many samples as a new pixel spans old ones, for pixels [begin, end)."""
    scale = old / new
    samples = math.ceil(scale)
    inside = (np.arange(samples) + 0.5) / samples
    position = (np.arange(begin, end)[:, None] + inside[None]) * scale - 0.5  # (n, samples)
    lower = np.floor(position).astype(int)
    first = lower[:, :1]
    weights = np.zeros((end - begin, samples + 2), np.float32)
    rows = np.arange(end - begin)[:, None]
    np.add.at(weights, (rows, lower - first), 1 - (position - lower))
    np.add.at(weights, (rows, lower - first + 1), position - lower)
    return _Taps((first + np.arange(samples + 2)).clip(0, old - 1), weights / samples)


def _taps_of(pixels: np.ndarray, rows: _Taps, columns: _Taps) -> tuple[_Taps, _Taps]:
    """Those of some pixels (h, w) bool, one by one."""
    row, column = np.nonzero(pixels)
    return rows.at(row), columns.at(column)


def _on_one_surface(depth: np.ndarray, rows: _Taps, columns: _Taps, ratio: float) -> np.ndarray:
    """(h, w) bool, the new pixels of known centre under which all old ones are known and lie on one surface.

    There, rows and columns may be averaged one after the other.
    """
    window = np.ones((rows.places.shape[1], columns.places.shape[1]), np.uint8)
    known, first = np.isfinite(depth), np.ix_(rows.places[:, 0], columns.places[:, 0])
    nearest, farthest = (
        morph(np.where(known, depth, unknown).astype(np.float32), window, anchor=(0, 0))[first]
        for morph, unknown in ((cv2.erode, -np.inf), (cv2.dilate, np.inf))
    )
    return farthest <= (1 + ratio) * nearest


def _mean(plane: np.ndarray, rows: _Taps, columns: _Taps) -> np.ndarray:
    """(h, w) float32 means of a plane (H, W)."""
    left, right = columns.places.min(), columns.places.max() + 1
    tall = rows.mean(plane[:, left:right].astype(np.float32, copy=False))
    return _Taps(columns.places - left, columns.weights).mean(np.ascontiguousarray(tall.T)).T


def _mean_on_surface(
    depth: np.ndarray, confidence: np.ndarray, centre: np.ndarray, rows: _Taps, columns: _Taps, ratio: float
) -> tuple[np.ndarray, np.ndarray]:
    """Depth and confidence (N,) of pixels with that centre (N,), each a mean over what is on its centre's surface."""
    at = rows.places[:, :, None], columns.places[:, None, :]
    taps, middle = depth[at], centre[:, None, None]  # (N, K, K)
    same = same_surface(middle, taps, ratio)
    weight = np.where(same, rows.weights[:, :, None] * columns.weights[:, None, :], 0)
    weight /= np.maximum(weight.sum((1, 2), keepdims=True), 1e-12)
    apart = (weight * np.where(same, taps - middle, 0)).sum((1, 2))  # small numbers: float32 keeps their digits
    return centre + apart, (weight * np.where(same, confidence[at], 0)).sum((1, 2))


def _nearest(old: int, new: int) -> np.ndarray:
    """(new,) the old pixel at the centre of each new one."""
    return np.minimum(((np.arange(new) + 0.5) * (old / new)).astype(int), old - 1)
