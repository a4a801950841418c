"""A noise filter that keeps the edges of the depth, and those that the photo confirms."""

from __future__ import annotations

import cv2
import numpy as np

from worker.geometry.clean.outliers import noise_sigma

GUIDE_VARIANCE = 0.04**2
"""Contrast of the photo (0..1) below which it explains nothing: skin texture and compression stay out of the depth."""


CLEAN_RATIO = 1e-5
"""Noise below this part of the depth, 6 micrometres at 60 cm, is rounding: to filter it would change nothing."""


def is_noisy(depth: np.ndarray) -> bool:
    """Whether a depth map (H, W), NaN where unknown, has noise that is worth to be filtered."""
    known = depth[np.isfinite(depth)]
    return bool(known.size and noise_sigma(depth) > CLEAN_RATIO * known.mean())


def denoise(depth: np.ndarray, guide: np.ndarray, radius_px: int) -> np.ndarray:
    """Remove the noise of a depth map with a guided filter, led by the depth itself and the photo together.

    What is filtered is the relief, the depth less its mean over a window, in which a slanted cheek is as flat as a
    frontal one. In every window the relief is fitted as a linear function of two guides: itself, held back by the
    variance of its own noise, so that what varies more than noise stays; and the photo's brightness, so that a depth
    edge that the photo shows too stays sharper. A clean map comes back unchanged; NaN stays NaN.

    Args:
        depth: (H, W) float, NaN where unknown.
        guide: (H, W) float, brightness 0..1.
        radius_px: half size of the windows.
    Source: He, Sun, Tang, Guided Image Filtering, IEEE TPAMI 35(6), 2013; means are taken over known pixels only
        (normalised convolution, Knutsson & Westin, CVPR 1993).
    """
    known = np.isfinite(depth)
    if not known.any():
        return depth.astype(np.float32)
    noise_variance = max(noise_sigma(depth) ** 2, 1e-10)
    mean = _KnownMean(known, radius_px)
    trend = _trend(depth, known, mean)
    target = np.where(known, depth - trend, 0).astype(np.float32)
    light = np.where(known, guide, 0).astype(np.float32)
    mean_t, mean_l = mean(target), mean(light)
    var_t = np.maximum(mean(target * target) - mean_t**2, 0)
    var_l = np.maximum(mean(light * light) - mean_l**2, 0)
    cov = mean(target * light) - mean_t * mean_l
    gain_t, gain_l = _gains(var_t, var_l, cov, noise_variance)
    offset = mean_t - gain_t * mean_t - gain_l * mean_l
    filtered = mean(gain_t) * target + mean(gain_l) * light + mean(offset) + trend
    return np.where(known, filtered, np.nan).astype(np.float32)


def _trend(depth: np.ndarray, known: np.ndarray, mean: _KnownMean) -> np.ndarray:
    """(H, W) float32 mean of the depth around each pixel, taken twice, so that it is free of noise."""
    middle = np.float32(np.median(depth[known]))
    return mean(mean(np.where(known, depth - middle, 0).astype(np.float32))) + middle


class _KnownMean:
    """Mean over the known pixels of a square window."""

    def __init__(self, known: np.ndarray, radius_px: int) -> None:
        self._window = (2 * radius_px + 1, 2 * radius_px + 1)
        self._known = known.astype(np.float32)
        self._weight = np.maximum(self._box(self._known), 1e-6)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return self._box(values * self._known) / self._weight

    def _box(self, values: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(values, cv2.CV_32F, self._window, borderType=cv2.BORDER_CONSTANT)


def _gains(
    var_t: np.ndarray, var_l: np.ndarray, cov: np.ndarray, noise_variance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Regress the noiseless relief on (relief, light) in every window: a 2 x 2 Wiener filter.

    The relief's own covariance with its noiseless self is its variance less the noise's.
    """
    signal = np.maximum(var_t - noise_variance, 0)
    a, d = np.maximum(var_t, noise_variance), var_l + GUIDE_VARIANCE
    det = np.maximum(a * d - cov * cov, 1e-12 * d)
    return np.clip((d * signal - cov * cov) / det, 0, 1), cov * (a - signal) / det
