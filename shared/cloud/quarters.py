"""Quarter turns of a picture and of what lies before its camera; exact, no value is resampled.

Convention: a positive number of quarters turns clockwise as seen; a picture (H, W) that is turned by one is (W, H).
"""

from __future__ import annotations

import numpy as np

ONE_QUARTER = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Of the camera frame (x right, y down, z forward) about the optical axis."""


def turned(picture: np.ndarray, quarters: int) -> np.ndarray:
    """A picture (H, W, ...) turned clockwise."""
    return np.ascontiguousarray(np.rot90(picture, -quarters)) if quarters % 4 else picture


def turned_uv(uv: np.ndarray, size_wh: tuple[int, int], quarters: int) -> np.ndarray:
    """Where pixels (..., 2) of a picture of that size lie in it once it is turned clockwise."""
    u, v = np.moveaxis(np.asarray(uv), -1, 0)
    width, height = size_wh
    places = ((u, v), (height - 1 - v, u), (width - 1 - u, height - 1 - v), (v, width - 1 - u))
    return np.stack(places[quarters % 4], axis=-1)


def axes_turned(quarters: int) -> np.ndarray:
    """(3, 3) rotation of points of the camera frame that goes with a picture turned clockwise."""
    return np.linalg.matrix_power(ONE_QUARTER, quarters % 4)
