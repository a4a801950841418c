"""What a map of one's own has to be like, whatever it holds and whatever file it came in."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ReliefError

SMALLEST_SIDE_PX = 2
ASPECT_TOLERANCE = 0.03
"""How far the map's width may be off what the photo's aspect asks for, as a part of it; networks round their sizes."""


@dataclass(frozen=True)
class Kind:
    """How a map is called where it is refused, and the error by which it is."""

    title: str
    error: type[ReliefError]


def check_size(size_wh: tuple[int, int], limit_mp: float, kind: Kind) -> None:
    """Refuse a map by its header.

    Raises:
        kind.error: more than `limit_mp` megapixels, or a side shorter than SMALLEST_SIDE_PX.
    """
    width, height = size_wh
    if width * height > limit_mp * 1e6:
        raise kind.error(f"{kind.title} has {width} x {height} pixels; at most {limit_mp:g} megapixels are allowed")
    if min(size_wh) < SMALLEST_SIDE_PX:
        raise kind.error(f"{kind.title} has {width} x {height} pixels; each side needs {SMALLEST_SIDE_PX} or more")


def check_shape(size_wh: tuple[int, int], photo_size_wh: tuple[int, int], kind: Kind) -> None:
    """Refuse a map that is not of the photo's shape, but for ASPECT_TOLERANCE or the rounding to whole pixels.

    Raises:
        kind.error: it is wider or higher.
    """
    (width, height), (photo_width, photo_height) = size_wh, photo_size_wh
    wanted_width, wanted_height = height * photo_width / photo_height, width * photo_height / photo_width
    rounded = min(abs(width - wanted_width), abs(height - wanted_height)) <= 1
    if not rounded and abs(width / wanted_width - 1) > ASPECT_TOLERANCE:
        raise kind.error(
            f"{kind.title} has {width} x {height} pixels, the upright photo {photo_width} x {photo_height}: "
            "the map has to show the whole photo, in the same shape"
        )
