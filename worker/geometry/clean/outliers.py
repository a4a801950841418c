"""Single points that stand out of their surroundings more than the noise can explain."""

from __future__ import annotations

import cv2
import numpy as np

SIGMAS = 6.0
"""A Gaussian noise exceeds six standard deviations once in 500 million points."""
LEAST_RATIO = 0.004
"""Nothing closer to its neighbours than this part of its depth is an outlier: 2.4 mm at 60 cm."""
OPPOSITES = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Steps (v, u) to the neighbours on one side; those on the other side lie opposite."""


def noise_sigma(depth: np.ndarray) -> float:
    """Estimate the standard deviation of a depth map's noise, in its unit; 0 where there is too little to tell.

    The mask annihilates planes, so slanted surfaces do not count; the median does the same for edges.

    Source: Immerkaer, Fast Noise Variance Estimation, CVIU 64(2), 1996; with the median of Donoho's estimator.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)  # gain 6 for white noise
    response = cv2.filter2D(depth.astype(np.float32), cv2.CV_32F, kernel)[1:-1:2, 1:-1:2]  # a quarter says the same
    known = response[np.isfinite(response)]
    return float(np.median(np.abs(known)) / 0.6745 / 6.0) if known.size else 0.0


def outliers(depth: np.ndarray) -> np.ndarray:
    """(H, W) bool, the points that neither a neighbour nor the middle of two opposite ones comes near to.

    On slants the middles do, on edges and rims the neighbours. How near is near follows from the noise of this very
    map (statistical outlier removal, Rusu et al., Towards 3D Point Cloud Based Object Maps, 2008, on the grid's own
    neighbours); two stray points side by side are left to the search for islands. A point with an unknown neighbour,
    NaN, lies on a rim and is not judged.
    """
    here = depth.astype(np.float32, copy=False)
    least = LEAST_RATIO * here[1:-1, 1:-1]
    beside = np.abs(np.diff(here[1:-1], axis=1))
    found = np.zeros(depth.shape, bool)
    found[1:-1, 1:-1] = (beside[:, :-1] > least) & (beside[:, 1:] > least)  # the few pixels that may be
    if not found.any():
        return found
    here, around = here[found], Neighbours(here, found)
    deviation = np.min([_deviation(here, around, step) for step in OPPOSITES], axis=0)
    found[found] = deviation > np.maximum(SIGMAS * noise_sigma(depth), LEAST_RATIO * here)
    return found


class Neighbours:
    """What lies round some pixels of a map: values (H, W) float, of (H, W) bool."""

    def __init__(self, values: np.ndarray, pixels: np.ndarray) -> None:
        self._padded = np.pad(values, 1, constant_values=np.nan)
        self._rows, self._columns = (index + 1 for index in np.nonzero(pixels))

    def opposite(self, step: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) the values one step (v, u) before and one step after each pixel; NaN outside the picture."""
        v, u = step
        before = self._padded[self._rows - v, self._columns - u]
        return before, self._padded[self._rows + v, self._columns + u]


def _deviation(here: np.ndarray, around: Neighbours, step: tuple[int, int]) -> np.ndarray:
    """(N,) the least difference to two opposite neighbours and to their middle; NaN where one is missing."""
    before, after = around.opposite(step)
    either = np.minimum(np.abs(here - before), np.abs(here - after))
    return np.minimum(either, np.abs(here - (before + after) / 2))
