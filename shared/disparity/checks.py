"""What a disparity map has to be like, whatever file it came in."""

from __future__ import annotations

import numpy as np

from shared.errors import DisparityError

SMALLEST_SIDE_PX = 2
ASPECT_TOLERANCE = 0.03
"""How far the map's width may be off what the photo's aspect asks for, as a part of it; networks round their sizes."""
MOST_UNKNOWN = 0.5
"""Part of the map that may be unknown."""


def check_size(size_wh: tuple[int, int], limit_mp: float) -> None:
    """Refuse a map by its header.

    Raises:
        DisparityError: more than `limit_mp` megapixels, or a side shorter than SMALLEST_SIDE_PX.
    """
    width, height = size_wh
    if width * height > limit_mp * 1e6:
        raise DisparityError(
            f"the disparity map has {width} x {height} pixels; at most {limit_mp:g} megapixels are allowed"
        )
    if min(size_wh) < SMALLEST_SIDE_PX:
        raise DisparityError(
            f"the disparity map has {width} x {height} pixels; each side needs {SMALLEST_SIDE_PX} or more"
        )


def check_shape(size_wh: tuple[int, int], photo_size_wh: tuple[int, int]) -> None:
    """Refuse a map that is not of the photo's shape, but for ASPECT_TOLERANCE or the rounding to whole pixels.

    Raises:
        DisparityError: it is wider or higher.
    """
    (width, height), (photo_width, photo_height) = size_wh, photo_size_wh
    wanted_width, wanted_height = height * photo_width / photo_height, width * photo_height / photo_width
    rounded = min(abs(width - wanted_width), abs(height - wanted_height)) <= 1
    if not rounded and abs(width / wanted_width - 1) > ASPECT_TOLERANCE:
        raise DisparityError(
            f"the disparity map has {width} x {height} pixels, the upright photo {photo_width} x {photo_height}: "
            "the map has to show the whole photo, in the same shape"
        )


def check_values(values: np.ndarray) -> None:
    """Refuse a map (h, w) without content.

    Raises:
        DisparityError: infinite values, too much that is unknown, or one value everywhere.
    """
    if np.isinf(values).any():
        raise DisparityError("the disparity map has infinite values; NaN means unknown")
    unknown = float(np.isnan(values).mean())
    if unknown > MOST_UNKNOWN:
        raise DisparityError(f"{unknown:.0%} of the disparity map is unknown; at most {MOST_UNKNOWN:.0%} may be")
    if not np.nanmin(values) < np.nanmax(values):
        raise DisparityError("the disparity map has the same value everywhere")
