"""Slopes that can be those of a surface, told from those that cannot.

The slopes of a surface have no curl. Noise has as much curl as divergence, so that the curl, which no surface explains,
tells how much of the divergence is noise; the rest is what a Wiener filter keeps.
Source: Frankot & Chellappa, PAMI 1988 (integrability); Wiener, Extrapolation, Interpolation and Smoothing of Stationary
Time Series, 1949.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from worker.geometry.fuse.sight import COARSE_SIGMA_PX

SPLITS = (0.08, 0.25)
"""Sigmas of the blurs that part fine steps from coarser ones, which are weighed apart; by the length of `relief_of`."""
WINDOW = 3.0
"""Sigma within which a band's noise is measured, by that of its coarser end; of the coarsest band, of its finer end.

All of these were chosen by eye on h2 and h5, with normals that were exact and noisy.
"""


def without_noise(
    right: np.ndarray, down: np.ndarray, length_px: float, fine: np.ndarray | float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Steps between neighbouring pixels, each as far as it is no noise; float32.

    Args:
        right: (H, W - 1) float32, pixel (v, u) to (v, u + 1).
        down: (H - 1, W) float32, pixel (v, u) to (v + 1, u).
        length_px: of what they will be integrated with.
        fine: (H, W) float, 0..1, how far all but the coarsest band counts besides; or the same everywhere.
    """
    left = [np.pad(step, pad, mode="edge") for step, pad in ((right, ((0, 0), (0, 1))), (down, ((0, 1), (0, 0))))]
    kept = [np.zeros_like(step) for step in left]
    for split in (*SPLITS, None):
        sigma_px = (split or SPLITS[-1]) * length_px
        coarser = [_mean(step, sigma_px) if split else np.zeros_like(step) for step in left]
        band = [step - mean for step, mean in zip(left, coarser, strict=True)]
        share = _share(band, WINDOW * sigma_px) * (fine if split else 1)
        kept = [total + share * step for total, step in zip(kept, band, strict=True)]
        left = coarser
    return kept[0][:, :-1], kept[1][:-1]


def _share(steps: Sequence[np.ndarray], window_px: float) -> np.ndarray:
    """(H, W) float32, 0..1: how much of the steps to the right and down (H, W) round a pixel is no noise."""
    right, down = steps
    curl = np.diff(right, axis=0)[:, :-1] - np.diff(down, axis=1)[:-1]
    divergence = np.diff(right, axis=1)[:-1] + np.diff(down, axis=0)[:, :-1]
    noise, all_of_it = (_mean(np.pad(np.square(part), (0, 1), mode="edge"), window_px) for part in (curl, divergence))
    return np.clip(1 - noise / np.maximum(all_of_it, 1e-20), 0, 1)


def _mean(values: np.ndarray, sigma_px: float) -> np.ndarray:
    """(H, W) float32, Gaussian mean; a wide one is made on a coarser grid."""
    height, width = values.shape
    shrink = max(1.0, sigma_px / COARSE_SIGMA_PX)
    size_wh = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = cv2.resize(values, size_wh, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), max(0.5, sigma_px / shrink))
    return cv2.resize(blurred, (width, height), interpolation=cv2.INTER_CUBIC)
