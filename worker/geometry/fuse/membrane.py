"""A correction that is known in one part of a surface, continued over the rest of it and dying out."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

HELD = 100.0
"""How much more what is known weighs than the bending between two cells of the grid."""
PRESENT = 0.3
"""Share of a cell that has to be surface, for the cell to be one."""


def continued_correction(
    known: np.ndarray,
    weight: np.ndarray,
    target: np.ndarray | float,
    screening: np.ndarray | float,
    surface: np.ndarray,
    cell_px: float,
) -> np.ndarray:
    """Continue a correction by a screened Laplace equation, from where it is known to a target far from there.

    Args:
        known: (H, W) float, the correction; it is read where `weight` is above 0.
        weight: (H, W) float 0..1, how far it is known.
        target: (H, W) float, what it tends to; or the same everywhere.
        screening: above 0, 1 / pixel^2: within a length of 1 / sqrt(screening) it goes 63 % of the way; likewise.
        surface: (H, W) bool, where it lives; nothing crosses what is not surface.
        cell_px: side of the cells of the coarse grid on which it is solved for.
    Returns:
        (H, W) float32, smooth, also beside the surface.
    Source: Bhat et al., Fourier Analysis of the 2D Screened Poisson Equation, ECCV 2008.
    """
    height, width = surface.shape
    size_wh = max(4, round(width / max(1.0, cell_px))), max(4, round(height / max(1.0, cell_px)))
    share = _shrunk(surface, size_wh)
    cells = share >= PRESENT
    if not cells.any():
        return np.zeros(surface.shape, np.float32)
    held = _shrunk(weight, size_wh)
    sums = _shrunk(np.where(weight > 0, known, 0) * weight, size_wh)
    means = np.where(held > 0, sums / np.maximum(held, 1e-6), 0)
    wanted, pull = (_mean_on(surface, share, values) for values in (target, screening))
    coarse = _solved(cells, HELD * held, means, pull * (width / size_wh[0]) ** 2, wanted)
    return cv2.resize(spread(coarse, cells), (width, height), interpolation=cv2.INTER_CUBIC)


def _mean_on(surface: np.ndarray, share: np.ndarray, values: np.ndarray | float) -> np.ndarray:
    """(h, w) mean of values on a surface in each cell, of which it covers a share (h, w)."""
    if np.ndim(values) == 0:
        return np.full(share.shape, values)
    return _shrunk(np.where(surface, values, 0), share.shape[::-1]) / np.maximum(share, 1e-6)


def _solved(
    cells: np.ndarray, held: np.ndarray, values: np.ndarray, screening: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    """Minimise held (c - values)^2 + screening (c - wanted)^2 + |gradient c|^2 over the cells: (h, w), 0 elsewhere."""
    index = np.full(cells.shape, -1)
    index[cells] = np.arange(cells.sum())
    pairs = [
        np.stack([first[both], second[both]])
        for first, second in ((index[:, :-1], index[:, 1:]), (index[:-1], index[1:]))
        for both in [(first >= 0) & (second >= 0)]
    ]
    one, other = np.concatenate(pairs, axis=1)
    count = int(cells.sum())
    link = sparse.coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
    links = link + link.T
    own = held[cells] + screening[cells]
    system = sparse.diags_array(own + links.sum(axis=1)) - links
    result = np.zeros(cells.shape)
    result[cells] = factor_of(system).solve(held[cells] * values[cells] + screening[cells] * wanted[cells])
    return result


def factor_of(system: sparse.sparray | sparse.spmatrix) -> SuperLU:
    """What solves a symmetric definite system (N, N) of a grid, in a third of the time that SuperLU's defaults take.

    The ordering is one for symmetric systems, and panels of columns only pay where factors are denser than a grid's.
    """
    options = {"SymmetricMode": True}
    return splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, panel_size=1, options=options)


def _shrunk(values: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    return cv2.resize(np.asarray(values, np.float32), size_wh, interpolation=cv2.INTER_AREA)


def spread(coarse: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """The nearest cell's value in those beside the surface, so that a finer grid has no edge there: float32."""
    _, label = cv2.distanceTransformWithLabels(
        (~cells).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    value_of = np.zeros(int(label.max()) + 1, np.float32)
    value_of[label[cells]] = coarse[cells]
    return value_of[label]
