"""Gaussian smoothing that neither crosses a depth jump nor reads what is not there."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.linalg import lapack

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
    if known.sum() < 2:
        return values.astype(np.float32)
    heat = values[known].astype(np.float32, copy=False)  # (N,) row by row
    middle = heat.mean()
    heat -= middle  # small numbers: float32 keeps their digits
    number = np.zeros(known.shape, np.int32)
    number[known] = np.arange(len(heat), dtype=np.int32)
    turned, down = _transposed(known), _transposed(links.down)
    by_columns = cv2.transpose(number)[turned]  # (N,) which pixel comes when
    time = sigma_px**2 / (2 * STEPS)
    along_rows, along_columns = _Line(known, links.right, time), _Line(turned, down, time)
    for _ in range(STEPS):
        heat = along_rows.after(heat)
        heat[by_columns] = along_columns.after(heat[by_columns])
    smoothed = np.full(known.shape, np.nan, np.float32)
    smoothed[known] = heat + middle
    return smoothed


class _Line:
    """All known pixels (H, W) bool in one line, row by row, of which some neighbours (H, W - 1) bool are linked.

    Heat flows along it for a time: one implicit step, a symmetric tridiagonal system that is factored once.
    """

    def __init__(self, known: np.ndarray, linked: np.ndarray, time: float) -> None:
        joined = np.zeros(known.shape, np.float32)
        np.multiply(linked, np.float32(time), out=joined[:, :-1])
        flow = joined[known]  # (N,) between each pixel and the next
        diagonal = 1 + flow
        diagonal[1:] += flow[:-1]
        self._diagonal, self._beside, _ = lapack.spttrf(diagonal, -flow[:-1])

    def after(self, heat: np.ndarray) -> np.ndarray:
        """(N,) float32 the heat that is left where it was (N,) before."""
        return np.asarray(lapack.spttrs(self._diagonal, self._beside, heat)[0]).ravel()


def _transposed(mask: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool as (W, H) in memory too; OpenCV takes a fifth of NumPy's time."""
    return cv2.transpose(np.ascontiguousarray(mask).view(np.uint8)).view(bool)
