"""From the bytes of a JPEG or PNG file to upright 8-bit sRGB pixels, and what its metadata says of the lens.

The web front reads uploads by this and stores only what it encodes again; workers and command read photos by it too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from PIL.ExifTags import Base

from shared.errors import PhotoError, PhotoTooLargeError
from shared.options import PHOTO_LIMIT_MP
from shared.photo.chunks import colours_of_cicp, colours_of_gamma
from shared.photo.colours import SRGB, Colours, ToSrgb
from shared.photo.common import common_pixels
from shared.photo.exif import exif_numbers
from shared.photo.faults import refused_as
from shared.photo.lens import lens_of
from shared.photo.missing import missing_share
from shared.photo.profile import colours_of_profile
from shared.photo.samples import Samples, opened, samples_of
from shared.photo.sanitize import JPEG_START, Parts, sanitized

SMALLEST_SIDE_PX = 64
LONGEST_SIDE_PX = 65_500  # libjpeg's JPEG_MAX_DIMENSION: more could not be stored
STORED_BYTES = 32_000_000  # of a photo; measured: detailed ones of 50 megapixels take 12 to 25 MB, noise 120 MB
STORED_AS = ((95, 0), (95, 2), (85, 2), (60, 2))  # JPEG quality and chroma subsampling; the first that fits is taken
BACKGROUND = 255  # white shows through a transparent photo
PIXELS_PER_STRIP = 100_000  # whole copies in between would take several times the memory, and leave the CPU's caches
LEAST_MISSING = 0.005  # less is not told from what is gray in the photo
MOST_MISSING = 0.25  # of the picture; a part below the face, or a strip, can be done without
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
    focal_35mm: focal length in mm as on 36 x 24 mm film; None where the metadata did not say, or is not believed.
    focal_doubt: why it is not believed, a sentence; None where it is, or nothing was said.
    damage: what is missing in the picture, a sentence; None where nothing is.
    """

    pixels: np.ndarray
    focal_35mm: float | None
    focal_doubt: str | None = None
    damage: str | None = None

    def known(self) -> dict[str, Any]:
        """All but the pixels."""
        return {name: value for name, value in vars(self).items() if name != "pixels"}


def read_photo(data: bytes, *, limit_mp: float = PHOTO_LIMIT_MP) -> DecodedPhoto:
    """Check and decode a photo of any depth and colour type.

    At 50 megapixels it takes 0.4 GB at its peak; a progressive JPEG up to as much again within the decoder, and a PNG
    of 16-bit colours, too.

    At most `limit_mp` megapixels are allowed, read from the header before anything is decoded.

    Raises:
        PhotoTypeError: not a JPEG or PNG by its content.
        PhotoError: too many or too few pixels, too many scans, damaged, or whatever else a decoder found.
    """
    with refused_as(PhotoError, "the photo"):
        parts = sanitized(data)
        size_wh = _checked_size(parts.image, limit_mp)
        common = common_pixels(parts.image, size_wh)
        damage = _damage(parts.image) if common is None else None
        pixels = _pixels(parts) if common is None else _shown(common, _colours(parts, gray=False))
        numbers = exif_numbers(parts.exif)
        height, width = pixels.shape[:2]
        lens = lens_of(numbers, (width, height))
        upright = UPRIGHT_BY_ORIENTATION.get(numbers.get(Base.Orientation, 1), np.asarray)
        return DecodedPhoto(np.ascontiguousarray(upright(pixels)), lens.focal_35mm, lens.doubt, damage)


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


def _checked_size(data: bytes, limit_mp: float) -> tuple[int, int]:
    with opened(data) as image:
        _check_sides(image, limit_mp)
        return image.size


def _check_sides(image: Image.Image, limit_mp: float) -> None:
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


def _damage(image: bytes) -> str | None:
    """What is missing in a JPEG's picture, in words; a PNG that lacks anything cannot be decoded.

    Raises:
        PhotoError: too much of it is missing.
    """
    share = missing_share(image) if image.startswith(JPEG_START) else None
    if share is None:
        return None
    if share > MOST_MISSING:
        raise PhotoError(
            f"the photo is damaged or cut short: {_share(share)} of its picture is missing, and at most "
            f"{MOST_MISSING:.0%} may be; save or send it again"
        )
    missing = f"{_share(share)} of its picture" if share >= LEAST_MISSING else "some of its detail"
    return f"The photo's file is damaged or cut short: {missing} is missing."


def _share(share: float) -> str:
    return "all" if share == 1 else f"about {share:.0%}"


def _shown(pixels: np.ndarray, colours: Colours) -> np.ndarray:
    """Pixels (H, W, 3) uint8 of any colours as sRGB, in place."""
    if colours is not SRGB:
        to_srgb = ToSrgb(colours, top=255)
        for strip in np.array_split(pixels, max(1, pixels.shape[0] * pixels.shape[1] // PIXELS_PER_STRIP)):
            strip[:] = to_srgb(strip)
    return pixels


def _pixels(parts: Parts) -> np.ndarray:
    """The pixels as they lie in the file, (H, W, 3) uint8 sRGB."""
    samples = samples_of(parts.image, parts.chunks.get(b"tRNS", b""))
    to_srgb = ToSrgb(_colours(parts, gray=samples.gray), top=2**samples.bits - 1)
    width, height = samples.images[0].size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, PIXELS_PER_STRIP // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = _strip(samples, top, bottom, to_srgb)
    return pixels


def _strip(samples: Samples, top: int, bottom: int, to_srgb: ToSrgb) -> np.ndarray:
    signal, alpha = samples.strip(top, bottom)
    shown = to_srgb(signal)
    if alpha is None:
        return shown
    opacity = alpha[..., None].astype(np.uint32)
    return ((shown * opacity + BACKGROUND * (255 - opacity) + 127) // 255).astype(np.uint8)


def _colours(parts: Parts, *, gray: bool) -> Colours:
    """What a file says of its colours, in the order of the PNG specification, section 4.3; sRGB where nothing."""
    said = parts.chunks
    by_code = colours_of_cicp(said.get(b"cICP", b""))
    if found := by_code or colours_of_profile(parts.profile, gray=gray):
        return found
    by_gamma = None if b"sRGB" in said else colours_of_gamma(said.get(b"gAMA", b""), said.get(b"cHRM", b""))
    return by_gamma or SRGB
