"""From the bytes of an upload to the photo that is stored: checked, upright, 8-bit sRGB, free of metadata."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from shared.errors import PhotoError, PhotoTooLargeError, PhotoTypeError
from shared.jobs import PhotoInfo

FORMATS = ("JPEG", "PNG")
SMALLEST_SIDE_PX = 64
JPEG_QUALITY = 95
BACKDROP = (255, 255, 255)  # what shows through a transparent photo
SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True)
class CleanPhoto:
    """A photo ready to be stored: JPEG bytes without metadata, and what the metadata said of the lens."""

    jpeg: bytes
    info: PhotoInfo


def clean_photo(data: bytes, *, limit_mp: int) -> CleanPhoto:
    """Check an upload and encode it again.

    Args:
        data: the upload's bytes; its name and declared type are not asked.
        limit_mp: most megapixels allowed, read from the header before anything is decoded.
    Raises:
        PhotoTypeError: not a JPEG or PNG by its content.
        PhotoError: too many or too few pixels, or damaged.
    """
    with _opened(data) as image:
        _check_size(image, limit_mp)
        focal_35mm = _focal_35mm(image)
        try:
            image.load()
            rgb = _rgb(ImageOps.exif_transpose(image))
        except (OSError, ValueError, SyntaxError) as error:
            raise PhotoError(f"the photo is damaged or cut short ({error}); save or send it again") from error
    output = io.BytesIO()
    rgb.save(output, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return CleanPhoto(output.getvalue(), PhotoInfo(width=rgb.width, height=rgb.height, focal_35mm=focal_35mm))


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


def _check_size(image: Image.Image, limit_mp: int) -> None:
    megapixels = image.width * image.height / 1e6
    if megapixels > limit_mp:
        raise PhotoError(
            f"the photo has {image.width} x {image.height} pixels, {megapixels:.0f} megapixels; "
            f"at most {limit_mp} are allowed: make it smaller and try again"
        )
    if min(image.size) < SMALLEST_SIDE_PX:
        raise PhotoError(
            f"the photo has {image.width} x {image.height} pixels; each side needs {SMALLEST_SIDE_PX} or more"
        )


def _focal_35mm(image: Image.Image) -> float | None:
    """Focal length in mm as on 35 mm film, from EXIF; None where absent or absurd."""
    value = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.FocalLengthIn35mmFilm)
    try:
        focal = float(value) if value else 0.0
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return focal if 5 <= focal <= 2000 else None


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
