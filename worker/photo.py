"""From the bytes of a JPEG or PNG file to upright RGB pixels, and what its metadata says of the lens.

`import worker` sets OpenCV's own pixel limit; a header that lies about its size does not get past it.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from shared.errors import PhotoError, PhotoTooLargeError, PhotoTypeError
from worker import MAX_PHOTO_PIXELS
from worker.depth.estimator import Photo

FORMATS = ("JPEG", "PNG")
BACKDROP = 255  # white shows through transparent parts
FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)
MM_PER_RESOLUTION_UNIT = {2: 25.4, 3: 10.0, 4: 1.0}  # EXIF FocalPlaneResolutionUnit: inch, cm, mm
PLAUSIBLE_FOCAL_35MM = (5.0, 2000.0)


def read_photo(path: Path, fov_x_deg: float | None = None) -> Photo:
    """Read a photo from a file, with the focal length from its EXIF.

    Raises:
        PhotoError: the file is no photo that can be used; its subclasses say why.
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    return Photo(decode_photo(data), focal_35mm=focal_35mm_from_exif(data), fov_x_deg=fov_x_deg)


def decode_photo(data: bytes) -> np.ndarray:
    """Decode a JPEG or PNG of any depth and colour type.

    Args:
        data: the file's bytes.
    Returns:
        (H, W, 3) uint8 RGB, turned upright as EXIF says; transparent parts are white.
    Raises:
        PhotoTypeError: not a JPEG or PNG.
        PhotoTooLargeError: more than MAX_PHOTO_PIXELS.
        PhotoError: damaged.
    """
    with _opened(data) as header:
        _check_size(header)
        transparent = header.has_transparency_data
    try:
        mode = cv2.IMREAD_UNCHANGED if transparent else cv2.IMREAD_COLOR
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error as error:
        raise PhotoError("the photo is damaged and cannot be decoded") from error
    if bgr is None:
        raise PhotoError("the photo is damaged or cut short; save or send it again")
    return cv2.cvtColor(_opaque(bgr), cv2.COLOR_BGR2RGB)


def focal_35mm_from_exif(data: bytes) -> float | None:
    """Focal length in mm as on 36 x 24 mm film, by the diagonal, from EXIF; None where absent or absurd.

    Source: Exif 2.32, tags FocalLengthIn35mmFilm, else FocalLength with the sensor's size from
        FocalPlaneXResolution and FocalPlaneResolutionUnit.
    """
    with _opened(data) as image:
        tags = image.getexif().get_ifd(ExifTags.IFD.Exif)
        diagonal_px = math.hypot(*image.size)
    try:
        focal = float(tags.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0) or _focal_by_sensor(tags, diagonal_px)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    low, high = PLAUSIBLE_FOCAL_35MM
    return focal if low <= focal <= high else None


def _focal_by_sensor(tags: Mapping[int, Any], diagonal_px: float) -> float:
    """0 where the sensor's size is not known."""
    focal_mm, per_unit, unit = (
        tags.get(tag)
        for tag in (
            ExifTags.Base.FocalLength,
            ExifTags.Base.FocalPlaneXResolution,
            ExifTags.Base.FocalPlaneResolutionUnit,
        )
    )
    if not (focal_mm and per_unit):
        return 0.0
    diagonal_mm = diagonal_px / float(per_unit) * MM_PER_RESOLUTION_UNIT[int(unit or 2)]
    return float(focal_mm) * FILM_DIAGONAL_MM / diagonal_mm


def _opened(data: bytes) -> Image.Image:
    """Read the header only."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit follows
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PhotoTooLargeError(f"the photo has too many pixels: {error}") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PhotoTypeError("this is not a JPEG or PNG photo; save it as one of these and try again") from error


def _check_size(header: Image.Image) -> None:
    pixels = header.width * header.height
    if pixels > MAX_PHOTO_PIXELS:
        raise PhotoTooLargeError(
            f"the photo has {header.width} x {header.height} pixels, {pixels / 1e6:.0f} megapixels; "
            f"at most {MAX_PHOTO_PIXELS / 1e6:.0f} are allowed: make it smaller and try again"
        )


def _opaque(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 over the backdrop, from what IMREAD_UNCHANGED gives: any channels, 8 or 16 bits."""
    if image.dtype == np.uint16:
        image = np.rint(image / 257).astype(np.uint8)
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if image.shape[2] < 4:
        return image
    share = image[..., 3:].astype(np.float32) / 255
    return np.rint(image[..., :3] * share + BACKDROP * (1 - share)).astype(np.uint8)
