"""Whether a disparity map shows the person in the photo at all: a statement of statistics, for noise alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

CELLS = 64
"""Cells along the long side of the picture, over which maps are averaged before they are compared."""
LEAST_SIGMAS = 2.5
"""How far above zero a correlation has to lie, in standard deviations of what noise of that smoothness gives."""


@dataclass(frozen=True)
class Belief:
    """How a disparity map goes with what is known of the person.

    correlation: -1..1, of disparity with the nearness of person and surroundings.
    sigmas: how many standard deviations it lies above zero, counting only as many pixels as are independent.
    """

    correlation: float
    sigmas: float

    @property
    def is_noise(self) -> bool:
        """True where the correlation cannot be told from none, or is negative."""
        return self.sigmas < LEAST_SIGMAS


def belief_in(disparity: np.ndarray, nearness: np.ndarray) -> Belief:
    """Compare a disparity map with what is expected of it.

    Args:
        disparity: (H, W) float, larger is nearer; NaN where it says nothing.
        nearness: (H, W) float, 1 / depth of the person, and of what surely lies behind; NaN where nothing is expected.
    Source: Clifford, Richardson & Hemon, Assessing the Significance of the Correlation between Two Spatial Processes,
        Biometrics 45, 1989, with the correlation of the residuals.
    """
    height, width = disparity.shape
    scale = min(1.0, CELLS / max(height, width))
    size_wh = max(4, round(width * scale)), max(4, round(height * scale))
    expected = np.isfinite(nearness) & np.isfinite(disparity)
    share = _shrunk(expected, size_wh)
    use = share > 0.5
    x = _shrunk(np.where(expected, nearness, 0), size_wh) / np.maximum(share, 1e-6)
    y = _shrunk(np.where(expected, disparity, 0), size_wh) / np.maximum(share, 1e-6)
    x, y = _standard(x, use), _standard(y, use)
    count = int(use.sum())
    if count < 4 or not x.any() or not y.any():
        return Belief(0.0, 0.0)
    correlation = float((x * y).sum() / count)
    independent = count / _cells_alike(np.where(use, y - correlation * x, 0), use)
    spread = np.sqrt(max(1 - correlation**2, 1e-6) / max(independent - 2, 1.0))
    return Belief(correlation, float(correlation / spread))


def _cells_alike(residual: np.ndarray, use: np.ndarray) -> float:
    """How many cells vary together: the sum of the positive autocorrelation over all shifts, at least 1."""
    height, width = residual.shape
    size = 2 * height, 2 * width
    power = np.abs(np.fft.rfft2(residual, size)) ** 2
    pairs = np.abs(np.fft.rfft2(use.astype(float), size)) ** 2
    covariance, number = np.fft.irfft2(power, size), np.fft.irfft2(pairs, size)
    alike = np.where(number > 0.5, covariance, 0) / max(float(covariance[0, 0]), 1e-12)
    # What lies beyond the first zero crossing is the map's own layout, not its smoothness.
    rings = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n, 1 / n) for n in alike.shape), indexing="ij"))
    mean = np.bincount(rings.round().astype(int).ravel(), alike.ravel()) / np.bincount(
        rings.round().astype(int).ravel()
    )
    crossing = int(np.argmax(mean <= 0)) if (mean <= 0).any() else len(mean)
    return max(1.0, float(np.clip(alike[rings < crossing], 0, None).sum()))


def _standard(values: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 over what is used, 0 elsewhere; all 0 where nothing varies."""
    spread = values[use].std() if use.any() else 0.0
    return np.where(use, (values - values[use].mean()) / spread, 0) if spread > 0 else np.zeros(values.shape)


def _shrunk(values: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    return cv2.resize(values.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA).astype(float)
