"""From the bytes of a JPEG or PNG file to upright 8-bit sRGB pixels, and what its metadata says of the lens.

The web front reads uploads by this and stores only what it encodes again; workers and command read photos by it too.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from shared.errors import PhotoError, PhotoTooLargeError, PhotoTypeError

FORMATS = ("JPEG", "PNG")
LIMIT_MP = 50
SMALLEST_SIDE_PX = 64
JPEG_QUALITY = 95
BACKDROP = (255, 255, 255)  # what shows through a transparent photo
SRGB = ImageCms.createProfile("sRGB")
FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)
PLAUSIBLE_FOCAL_35MM = (5.0, 2000.0)
MM_PER_RESOLUTION_UNIT = {2: 25.4, 3: 10.0, 4: 1.0}  # EXIF FocalPlaneResolutionUnit: inch, cm, mm


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo without its metadata.

    pixels: (H, W, 3) uint8 RGB, upright.
    focal_35mm: focal length in mm as on 36 x 24 mm film; None where the metadata did not say.
    """

    pixels: np.ndarray
    focal_35mm: float | None


def read_photo(data: bytes, *, limit_mp: float = LIMIT_MP) -> DecodedPhoto:
    """Check and decode a photo of any depth and colour type.

    Args:
        data: the file's bytes; its name and declared type are not asked.
        limit_mp: most megapixels allowed, read from the header before anything is decoded.
    Raises:
        PhotoTypeError: not a JPEG or PNG by its content.
        PhotoError: too many or too few pixels, or damaged.
    """
    with _opened(data) as image:
        _check_size(image, limit_mp)
        try:
            image.load()
            return DecodedPhoto(np.asarray(_rgb(ImageOps.exif_transpose(image))), _focal_35mm(image))
        except (OSError, ValueError, SyntaxError) as error:
            raise PhotoError(f"the photo is damaged or cut short ({error}); save or send it again") from error


def jpeg_from_pixels(pixels: np.ndarray) -> bytes:
    """Encode (H, W, 3) uint8 RGB as a JPEG that carries nothing else."""
    output = io.BytesIO()
    Image.fromarray(pixels).save(output, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return output.getvalue()


def check_bytes(size: int, limit_mb: int) -> None:
    """Refuse an upload of too many bytes.

    Raises:
        PhotoTooLargeError: above the limit.
    """
    if size > limit_mb * 1_000_000:
        raise PhotoTooLargeError(f"the photo has {size / 1e6:.1f} MB; at most {limit_mb} MB are allowed")


def _opened(data: bytes) -> Image.Image:
    """Read the header only."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is checked right after
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PhotoError(f"the photo has too many pixels: {error}") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PhotoTypeError("this is not a JPEG or PNG photo; save it as one of these and try again") from error


def _check_size(image: Image.Image, limit_mp: float) -> None:
    megapixels = image.width * image.height / 1e6
    if megapixels > limit_mp:
        raise PhotoError(
            f"the photo has {image.width} x {image.height} pixels, {megapixels:.0f} megapixels; "
            f"at most {limit_mp:g} are allowed: make it smaller and try again"
        )
    if min(image.size) < SMALLEST_SIDE_PX:
        raise PhotoError(
            f"the photo has {image.width} x {image.height} pixels; each side needs {SMALLEST_SIDE_PX} or more"
        )


def _focal_35mm(image: Image.Image) -> float | None:
    """Focal length in mm as on 36 x 24 mm film, by the diagonal; None where absent or absurd.

    Source: Exif 2.32, tags FocalLengthIn35mmFilm, else FocalLength with the sensor's size from
        FocalPlaneXResolution and FocalPlaneResolutionUnit.
    """
    tags = image.getexif().get_ifd(ExifTags.IFD.Exif)
    try:
        focal = float(tags.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0)
        focal = focal or _focal_by_sensor(tags, math.hypot(*image.size))
    except (TypeError, ValueError, KeyError, ZeroDivisionError):
        return None
    low, high = PLAUSIBLE_FOCAL_35MM
    return focal if low <= focal <= high else None


def _focal_by_sensor(tags: Mapping[int, Any], diagonal_px: float) -> float:
    """0 where the sensor's size is not known."""
    focal_mm = tags.get(ExifTags.Base.FocalLength)
    per_unit = tags.get(ExifTags.Base.FocalPlaneXResolution)
    unit = tags.get(ExifTags.Base.FocalPlaneResolutionUnit) or 2
    if not (focal_mm and per_unit):
        return 0.0
    diagonal_mm = diagonal_px / float(per_unit) * MM_PER_RESOLUTION_UNIT[int(unit)]
    return float(focal_mm) * FILM_DIAGONAL_MM / diagonal_mm


def _rgb(image: Image.Image) -> Image.Image:
    """8-bit sRGB, whatever the mode; transparent parts show the backdrop."""
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray((np.asarray(image, np.float64) / 257).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (*BACKDROP, 255)), rgba)
    return _srgb(image).convert("RGB")


def _srgb(image: Image.Image) -> Image.Image:
    """Apply an embedded colour profile; a broken one is ignored, as browsers do."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "L", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, SRGB, outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError):
        return image
