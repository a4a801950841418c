"""From the bytes of a JPEG or PNG file to upright 8-bit sRGB pixels, and what its metadata says of the lens.

The web front reads uploads by this and stores only what it encodes again; workers and command read photos by it too.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms
from PIL.ExifTags import Base

from shared.cloud.camera import FILM_DIAGONAL_MM
from shared.errors import PhotoError, PhotoTooLargeError, PhotoTypeError
from shared.options import PHOTO_LIMIT_MP
from shared.photo.exif import exif_numbers
from shared.photo.faults import refused_as
from shared.photo.profile import srgb_transform
from shared.photo.sanitize import Parts, sanitized

FORMATS = ("JPEG", "PNG")
SMALLEST_SIDE_PX = 64
LONGEST_SIDE_PX = 65_500  # libjpeg's JPEG_MAX_DIMENSION: more could not be stored
STORED_BYTES = 32_000_000  # of a photo; measured: detailed ones of 50 megapixels take 12 to 25 MB, noise 120 MB
STORED_AS = ((95, 0), (95, 2), (85, 2), (60, 2))  # JPEG quality and chroma subsampling; the first that fits is taken
GRAY_MODES = ("1", "L", "I")  # as the names of Pillow's modes begin
BACKGROUND_RGB = (255, 255, 255)  # what shows through a transparent photo
PLAUSIBLE_FOCAL_35MM = (5.0, 2000.0)
INCH = 2
MM_PER_RESOLUTION_UNIT: Mapping[float, float] = {INCH: 25.4, 3: 10.0, 4: 1.0}  # EXIF's 3 is cm, 4 mm
PIXELS_PER_STRIP = 1_000_000
# EXIF Orientation -> what turns pixels (H, W, 3) upright
UPRIGHT_BY_ORIENTATION: Mapping[float, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),  # by 90 degrees clockwise
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}

Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before decoding; Pillow's is for all threads, and warns


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo without its metadata.

    pixels: (H, W, 3) uint8 RGB, upright.
    focal_35mm: focal length in mm as on 36 x 24 mm film; None where the metadata did not say.
    """

    pixels: np.ndarray
    focal_35mm: float | None


def read_photo(data: bytes, *, limit_mp: float = PHOTO_LIMIT_MP) -> DecodedPhoto:
    """Check and decode a photo of any depth and colour type.

    At 50 megapixels it takes 0.4 GB at its peak; a progressive JPEG up to as much again within the decoder.

    At most `limit_mp` megapixels are allowed, read from the header before anything is decoded.

    Raises:
        PhotoTypeError: not a JPEG or PNG by its content.
        PhotoError: too many or too few pixels, too many scans, damaged, or whatever else a decoder found.
    """
    with refused_as(PhotoError, "the photo"):
        parts = sanitized(data)
        pixels = _pixels(parts, limit_mp)
        numbers = exif_numbers(parts.exif)
        upright = UPRIGHT_BY_ORIENTATION.get(numbers.get(Base.Orientation, 1), np.asarray)
        diagonal_px = math.hypot(*pixels.shape[:2])
        return DecodedPhoto(np.ascontiguousarray(upright(pixels)), _focal_35mm(numbers, diagonal_px))


def jpeg_from_pixels(pixels: np.ndarray) -> bytes:
    """Encode (H, W, 3) uint8 RGB as a JPEG of at most STORED_BYTES that carries nothing else.

    Raises:
        PhotoError: the encoder does not take it, or it has too much detail for any of STORED_AS.
    """
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    for quality, subsampling in STORED_AS:
        output = io.BytesIO()
        try:
            image.save(output, "JPEG", quality=quality, subsampling=subsampling)
        except (OSError, MemoryError) as error:  # of the encoder; nothing here touches a disk
            raise PhotoError(f"a photo of {width} x {height} pixels cannot be stored as a JPEG ({error})") from error
        if output.tell() <= STORED_BYTES:
            return output.getvalue()
    raise PhotoError(
        f"the photo's {width} x {height} pixels have so much detail that they take {output.tell() / 1e6:.0f} MB as a "
        f"JPEG, where at most {STORED_BYTES / 1e6:.0f} MB are stored; make it smaller and try again"
    )


def check_bytes(size: int, limit_mb: int) -> None:
    """Refuse an upload of too many bytes.

    Raises:
        PhotoTooLargeError: above the limit.
    """
    if size > limit_mb * 1_000_000:
        raise PhotoTooLargeError(f"the photo has {size / 1e6:.1f} MB; at most {limit_mb} MB are allowed")


def _pixels(parts: Parts, limit_mp: float) -> np.ndarray:
    """The pixels as they lie in the file, (H, W, 3) uint8 RGB."""
    with _opened(parts.image) as image:
        _check_size(image, limit_mp)
        image.load()
        return _rgb(image, parts.profile)


def _opened(data: bytes) -> Image.Image:
    """Read the header only."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:  # whatever Pillow raises
        raise PhotoTypeError("this is not a JPEG or PNG photo; save it as one of these and try again") from error


def _check_size(image: Image.Image, limit_mp: float) -> None:
    megapixels = image.width * image.height / 1e6
    if megapixels > limit_mp:
        raise PhotoError(
            f"the photo has {image.width} x {image.height} pixels, {megapixels:.0f} megapixels; "
            f"at most {limit_mp:g} are allowed: make it smaller and try again"
        )
    if max(image.size) > LONGEST_SIDE_PX:
        raise PhotoError(
            f"the photo has {image.width} x {image.height} pixels; each side may have {LONGEST_SIDE_PX} at most"
        )
    if min(image.size) < SMALLEST_SIDE_PX:
        raise PhotoError(
            f"the photo has {image.width} x {image.height} pixels; each side needs {SMALLEST_SIDE_PX} or more"
        )


def _focal_35mm(numbers: Mapping[int, float], diagonal_px: float) -> float | None:
    """Focal length in mm as on 36 x 24 mm film, by the diagonal; None where absent or absurd.

    Source: Exif 2.32, tags FocalLengthIn35mmFilm, else FocalLength with the sensor's size from
        FocalPlaneXResolution and FocalPlaneResolutionUnit.
    """
    try:
        focal = numbers.get(Base.FocalLengthIn35mmFilm) or _focal_by_sensor(numbers, diagonal_px)
    except (KeyError, ArithmeticError):
        return None
    low, high = PLAUSIBLE_FOCAL_35MM
    return float(focal) if low <= focal <= high else None  # NaN is not between them


def _focal_by_sensor(numbers: Mapping[int, float], diagonal_px: float) -> float:
    """Raises: KeyError or ArithmeticError where the sensor's size is not known."""
    per_unit = numbers[Base.FocalPlaneXResolution]
    unit_mm = MM_PER_RESOLUTION_UNIT[numbers.get(Base.FocalPlaneResolutionUnit) or INCH]
    return numbers[Base.FocalLength] * FILM_DIAGONAL_MM * per_unit / (diagonal_px * unit_mm)


def _rgb(image: Image.Image, profile: bytes) -> np.ndarray:
    """8-bit sRGB, whatever the mode, strip by strip: whole copies in between would take several times the memory."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    mode = "RGBA" if image.has_transparency_data and not _deep(image) else "RGB"
    transform = srgb_transform(profile, mode, gray=image.mode[0] in GRAY_MODES) if profile else None
    rows = max(1, PIXELS_PER_STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        pixels[top : top + rows] = np.asarray(_rgb_strip(strip, mode, transform))
    return pixels


def _rgb_strip(strip: Image.Image, mode: str, transform: ImageCms.ImageCmsTransform | None) -> Image.Image:
    """Transparent parts show the background colour; 16-bit gray is scaled here, since Pillow would clip it."""
    if _deep(strip):
        strip = Image.fromarray((np.asarray(strip) // 257).astype(np.uint8))
    strip = strip.convert(mode)
    if transform:
        strip = ImageCms.applyTransform(strip, transform) or strip
    if mode == "RGB":
        return strip
    return Image.alpha_composite(Image.new("RGBA", strip.size, (*BACKGROUND_RGB, 255)), strip).convert("RGB")


def _deep(image: Image.Image) -> bool:
    """True where it is gray of 16 bits, which Pillow may widen to 32."""
    return image.mode.startswith("I")
