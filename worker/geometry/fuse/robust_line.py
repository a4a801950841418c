"""A straight line through points of which some belong to something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HUBER_SIGMAS = 1.345
"""Residuals beyond so many standard deviations count linearly: 95 % efficient on Gaussian noise (Huber 1981)."""
MEDIAN_SIGMAS = 0.6745
"""The median of the absolute values of Gaussian noise, in standard deviations."""
EXACT = 1e-9
"""Residuals below this part of the range of y are rounding."""
ROUNDS = 20


@dataclass(frozen=True)
class Line:
    """y = slope * x + intercept; trust (N,) is 1 for the points that follow it, and less the farther they are off."""

    slope: float
    intercept: float
    trust: np.ndarray


def robust_line(x: np.ndarray, y: np.ndarray, weight: np.ndarray, sigma: np.ndarray | float = 1.0) -> Line:
    """Fit y over x by Huber's estimator, weights above 0, all (N,) float64; the slope is 0 where x does not vary.

    sigma: what y is uncertain by, where that differs between the points; only its ratios count.

    Source: Huber, Robust Statistics, 1981, ch. 7, by iteratively reweighted least squares; scale by the median.
    """
    line = Line(0.0, 0.0, np.ones_like(x))
    for _ in range(ROUNDS):
        slope, intercept = _least_squares(x, y, weight * line.trust)
        residual = np.abs(y - slope * x - intercept) / sigma
        limit = max(HUBER_SIGMAS * float(np.median(residual)) / MEDIAN_SIGMAS, EXACT * float(np.ptp(y / sigma)))
        line = Line(slope, intercept, limit / np.maximum(residual, limit) if limit else np.ones_like(x))
    return line


def _least_squares(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    total = weight.sum()
    mean_x, mean_y = (weight * x).sum() / total, (weight * y).sum() / total
    variance = (weight * (x - mean_x) ** 2).sum()
    slope = (weight * (x - mean_x) * (y - mean_y)).sum() / variance if variance > 0 else 0.0
    return float(slope), float(mean_y - slope * mean_x)
