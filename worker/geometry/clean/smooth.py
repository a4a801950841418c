"""Gaussian smoothing that neither crosses a depth jump nor reads what is not there."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded

from worker.geometry.jumps import Links

STEPS = 3
"""Implicit steps: the kernel is a threefold convolved exponential, close to a Gaussian."""


def smooth(values: np.ndarray, links: Links, sigma_px: float) -> np.ndarray:
    """Smooth a map as a Gaussian would, by letting heat flow between linked neighbours only.

    The heat equation run for a time sigma^2 / 2 is the Gaussian; on a grid with cut links no heat crosses a cut, so
    nothing mixes over a jump or with NaN. Implicit steps make the cost independent of sigma.

    Args:
        values: (H, W) float, NaN where unknown; NaN stays NaN, and the result is float32.
        links: which neighbours may mix.
        sigma_px: standard deviation in pixels; 0 changes nothing.
    Source: Weickert, ter Haar Romeny, Viergever, Efficient and Reliable Schemes for Nonlinear Diffusion Filtering,
        IEEE TIP 7(3), 1998, with multiplicative splitting.
    """
    if sigma_px <= 0:
        return values.astype(np.float32)
    known = np.isfinite(values)
    middle = np.float32(values[known].mean()) if known.any() else np.float32(0)
    heat = np.where(known, values - middle, 0).astype(np.float32)  # small numbers: float32 keeps their digits
    time = sigma_px**2 / (2 * STEPS)
    along_rows, along_columns = _system(links.right, time), _system(links.down.T, time)
    for _ in range(STEPS):
        heat = _solve(along_rows, heat)
        heat = _solve(along_columns, heat.T).T
    return np.where(known, heat + middle, np.nan).astype(np.float32)


def _system(linked: np.ndarray, time: float) -> np.ndarray:
    """(2, H * W) upper band and diagonal of one symmetric system over all rows; linked is (H, W - 1)."""
    height, width = linked.shape[0], linked.shape[1] + 1
    flow = np.zeros((height, width + 1), np.float32)  # flow[:, u] joins u - 1 and u
    flow[:, 1:-1] = np.where(linked, time, 0)
    return np.stack([-flow[:, :-1].ravel(), (1 + flow[:, :-1] + flow[:, 1:]).ravel()])


def _solve(system: np.ndarray, heat: np.ndarray) -> np.ndarray:
    return solveh_banded(system, heat.ravel(), check_finite=False).reshape(heat.shape)
