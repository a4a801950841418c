"""The few numbers of EXIF metadata that Relief uses. What is broken or odd is left out: it never fails a photo.

Source: Exif 2.32, section 4.6; TIFF 6.0, section 2 (a header, then directories of 12-byte entries).
"""

from __future__ import annotations

import struct
from collections.abc import Set
from typing import Any

from PIL.ExifTags import IFD, Base

BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
LAYOUTS = {1: "B", 3: "H", 4: "I", 5: "II", 9: "i", 10: "ii", 11: "f", 12: "d"}  # TIFF type -> struct; two: a fraction
ENTRY_BYTES = 12
PHOTO_TAGS = {Base.Orientation, IFD.Exif}
LENS_TAGS = {
    Base.FocalLengthIn35mmFilm,
    Base.FocalLength,
    Base.DigitalZoomRatio,
    Base.FocalPlaneXResolution,
    Base.FocalPlaneYResolution,
    Base.FocalPlaneResolutionUnit,
    Base.ExifImageWidth,  # the standard's PixelXDimension
    Base.ExifImageHeight,
}


def exif_numbers(tiff: bytes) -> dict[int, float]:
    """Orientation, and what the focal length follows from, by tag; without what is absent or cannot be read.

    `tiff` is EXIF from its byte order mark on, empty where a photo has none. The numbers are as they stand there: they
    may be absurd, infinite or NaN.
    """
    order = BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return {}
    [start] = _values(tiff, order + "I", 4) or [0]
    numbers = _directory(tiff, order, start, PHOTO_TAGS)
    start = numbers.pop(IFD.Exif, None)
    return numbers | _directory(tiff, order, start, LENS_TAGS) if isinstance(start, int) else numbers


def _directory(tiff: bytes, order: str, start: int, wanted: Set[int]) -> dict[int, float]:
    """The wanted numbers of the directory that starts there."""
    numbers = {}
    [entries] = _values(tiff, order + "H", start) or [0]
    end = min(start + 2 + entries * ENTRY_BYTES, len(tiff))
    for offset in range(start + 2, end, ENTRY_BYTES):
        tag, kind = _values(tiff, order + "HH", offset) or (None, None)
        if tag in wanted and (number := _number(tiff, order, kind, offset + 8)) is not None:
            numbers[tag] = number
    return numbers


def _number(tiff: bytes, order: str, kind: int, offset: int) -> float | None:
    """An entry's first value; it stands in the entry's own last 4 bytes, or where they point to if it is longer."""
    if kind not in LAYOUTS:
        return None
    layout = order + LAYOUTS[kind]
    if struct.calcsize(layout) > 4:
        [offset] = _values(tiff, order + "I", offset) or [-1]
    value, below = (*_values(tiff, layout, offset), None, None)[:2]
    if below is None:
        return value
    return value / below if below else None


def _values(tiff: bytes, layout: str, offset: int) -> tuple[Any, ...]:
    """What stands there; nothing where that is not wholly inside."""
    inside = 0 <= offset <= len(tiff) - struct.calcsize(layout)
    return struct.unpack_from(layout, tiff, offset) if inside else ()
