"""The focal length of a photo by its metadata, and whether it can be that of this photo.

Programs that resize or cut photos leave the original's metadata in them. A smaller copy keeps the angle of view; a part
does not, and nothing says which part it is. What is not believed is named.

Source: Exif 2.32, section 4.6; CIPA DCG-001-2018 (35 mm equivalents keep the diagonal angle of view).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from PIL.ExifTags import Base

from shared.cloud.camera import FILM_DIAGONAL_MM

INCH = 2
MM_PER_RESOLUTION_UNIT: Mapping[float, float] = {INCH: 25.4, 3: 10.0, 4: 1.0}  # EXIF's 3 is cm, 4 mm
Size = tuple[float, float]


@dataclass(frozen=True)
class Plausible:
    """What cameras can be; from the tables of makers, set by hand."""

    focal_35mm: Size = (5.0, 2000.0)
    sensor_diagonal_mm: Size = (3.5, 75.0)  # of phones' smallest; of medium format
    film_diagonals: Size = (0.5, 16.0)  # how many sensors' diagonals film has: the same two
    shapes: tuple[float, ...] = (1.0, 4 / 3, 3 / 2, 8 / 5, 16 / 9)  # longer side by the shorter
    long_shape: float = 1.9  # from here on phones and panoramas have any
    shape_error: float = 0.01  # sensors differ a little from 3:2
    pixel_shape_error: float = 0.05  # of square pixels, by rounded resolutions
    focal_error: float = 0.2  # between two ways to say a focal length, one of which is rounded to whole mm


PLAUSIBLE = Plausible()


@dataclass(frozen=True)
class Lens:
    """What is known of it.

    focal_35mm: in mm as on 36 x 24 mm film; None where it is not known.
    doubt: why what the metadata says is not believed, a sentence; None where it is, or says nothing.
    """

    focal_35mm: float | None = None
    doubt: str | None = None


class _NotBelievedError(Exception):
    """Says why."""


def lens_of(numbers: Mapping[int, float], size_wh: tuple[int, int]) -> Lens:
    """The lens by EXIF numbers, of a photo of that size as it lies in its file."""
    known = {tag: number for tag, number in numbers.items() if math.isfinite(number) and number > 0}
    try:
        return Lens(_believed(known, size_wh))
    except _NotBelievedError as reason:
        return Lens(doubt=f"The lens in the photo's metadata is not believed: {reason}.")


def _believed(known: Mapping[int, float], size_wh: Size) -> float | None:
    said, by_sensor = known.get(Base.FocalLengthIn35mmFilm), _by_sensor(known)
    if said is None and Base.FocalPlaneXResolution not in known:
        return None
    _check_whole(known, size_wh)
    focal = _agreed(known, said, by_sensor) if said else by_sensor
    if focal is None:
        raise _NotBelievedError("it hangs on the size of a sensor, which the metadata gives wrong or not at all")
    if not _within(focal, PLAUSIBLE.focal_35mm):
        raise _NotBelievedError(f"it would be one of {focal:.4g} mm on 35 mm film")
    return focal


def _check_whole(known: Mapping[int, float], size_wh: Size) -> None:
    """Refuse what was cut out of another photo."""
    shape, error = _shape(size_wh), PLAUSIBLE.shape_error + 1 / min(size_wh)
    original = _original(known)
    if original and abs(_shape(original) / shape - 1) > error:
        raise _NotBelievedError(
            f"it is that of a photo of {original[0]:.0f} x {original[1]:.0f} pixels, and this one has another shape, "
            f"{size_wh[0]} x {size_wh[1]}, as if it was cut out"
        )
    if shape < PLAUSIBLE.long_shape and all(abs(shape / each - 1) > error for each in PLAUSIBLE.shapes):
        raise _NotBelievedError(
            f"no sensor has the photo's shape, {size_wh[0]} x {size_wh[1]}, as if it was cut out of a larger one"
        )


def _agreed(known: Mapping[int, float], said: float, by_sensor: float | None) -> float:
    """The 35 mm equivalent, which must agree with the lens's own focal length and the sensor, where they are known."""
    focal, zoom = known.get(Base.FocalLength), known.get(Base.DigitalZoomRatio, 1.0)
    if focal and not _within(said / focal, PLAUSIBLE.film_diagonals):
        raise _NotBelievedError(f"no sensor makes {said:g} mm on 35 mm film of {focal:g} mm")
    if by_sensor is None or _alike(said, by_sensor):
        return said
    if _alike(said * zoom, by_sensor):  # the digital zoom was left out
        return said * zoom
    raise _NotBelievedError(f"it says {said:g} mm on 35 mm film, and the size of the sensor says {by_sensor:.0f} mm")


def _by_sensor(known: Mapping[int, float]) -> float | None:
    """The 35 mm equivalent by the sensor's size, which follows from how many pixels it had on a length.

    The digital zoom shows a part of the sensor with as many pixels.
    """
    original, unit_mm = _original(known), MM_PER_RESOLUTION_UNIT.get(known.get(Base.FocalPlaneResolutionUnit, INCH))
    per_unit_x, focal = known.get(Base.FocalPlaneXResolution), known.get(Base.FocalLength)
    if not (original and unit_mm and per_unit_x and focal):
        return None
    per_unit_y = known.get(Base.FocalPlaneYResolution, per_unit_x)
    diagonal_mm = unit_mm * math.hypot(original[0] / per_unit_x, original[1] / per_unit_y)
    square = abs(per_unit_x / per_unit_y - 1) <= PLAUSIBLE.pixel_shape_error
    if not (square and _within(diagonal_mm, PLAUSIBLE.sensor_diagonal_mm)):
        return None
    return focal * known.get(Base.DigitalZoomRatio, 1.0) * FILM_DIAGONAL_MM / diagonal_mm


def _original(known: Mapping[int, float]) -> Size | None:
    """Width and height that the metadata gives the photo."""
    width, height = known.get(Base.ExifImageWidth), known.get(Base.ExifImageHeight)
    return (width, height) if width and height else None


def _shape(size_wh: Size) -> float:
    return max(size_wh) / min(size_wh)


def _within(value: float, limits: Size) -> bool:
    return limits[0] <= value <= limits[1]


def _alike(one: float, other: float) -> bool:
    return abs(one / other - 1) <= PLAUSIBLE.focal_error
