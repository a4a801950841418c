"""The samples of a JPEG or PNG file, of 8 or 16 bits, and which of them are seen through."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile

from shared.errors import PhotoTypeError

FORMATS = ("JPEG", "PNG")
GRAY, COLOUR, GRAY_ALPHA, COLOUR_ALPHA = 0, 2, 4, 6  # colour types of PNG
# How Pillow gives samples of 16 bits whole, which it cuts to 8 by itself: by colour type, what it is to read them as,
# once for the high bytes and once for the low ones. Of gray with alpha one reading gives high, low, and alpha's high.
DEEP_READINGS: Mapping[int, tuple[str, ...]] = {
    COLOUR: ("RGB;16B", "RGB;16L"),
    GRAY_ALPHA: ("RGBA",),
    COLOUR_ALPHA: ("RGBA;16B", "RGBA;16L"),
}
READ_AS = {"1": "L", "CMYK": "RGB"}  # modes of Pillow whose samples are no tones of gray or of three colours


@dataclass(frozen=True)
class Samples:
    """A photo whose pixels are decoded.

    images: as Pillow has it; of 16-bit colours the high bytes, then the low ones.
    bits: of a sample, 8 or 16; palettes and tones of fewer bits are given as 8.
    gray: True where a strip has one channel.
    key: (channels,) the one colour that is seen through; None where there is no such.
    """

    images: tuple[Image.Image, ...]
    bits: int
    gray: bool
    key: np.ndarray | None = None

    def strip(self, top: int, bottom: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Some rows: (H, W, 1 or 3) uint8 or uint16, and their alpha (H, W) uint8, None where all is opaque."""
        planes = [np.asarray(_plain(image.crop((0, top, image.width, bottom)))) for image in self.images]
        first = planes[0] if planes[0].ndim == 3 else planes[0][..., None]
        count = 1 if self.gray else 3
        if self.bits == 8:
            samples, more = first[..., :count], first[..., count:]
        elif len(planes) == 2:
            samples, more = _joined(first[..., :count], planes[1][..., :count]), first[..., count:]
        elif first.shape[2] == 1:
            samples, more = first, first[..., 1:]
        else:
            samples, more = _joined(first[..., :1], first[..., 1:2]), first[..., 2:3]
        if self.key is not None:
            return samples, np.where((samples == self.key).all(axis=2), 0, 255).astype(np.uint8)
        return samples, more[..., 0] if more.shape[2] else None


def opened(data: bytes) -> ImageFile.ImageFile:
    """A file of which only the header is read.

    Raises:
        PhotoTypeError: it begins as one of these, and is none.
    """
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Exception as error:  # whatever Pillow raises
        raise PhotoTypeError(
            "the photo begins as a JPEG or PNG, but is damaged or cut short before its pixels; save or send it again"
        ) from error


def samples_of(data: bytes, key: bytes) -> Samples:
    """Decode a file.

    Args:
        data: a JPEG or PNG file that has been checked, without a key of its own.
        key: what a PNG file's tRNS chunk holds; empty where there is none.
    """
    depth, kind = (data[24], data[25]) if data.startswith(b"\x89PNG") else (8, None)
    readings = DEEP_READINGS.get(kind, ()) if depth == 16 and kind is not None else ()
    images = tuple(_read(data, raw) for raw in readings or (None,))
    gray = kind in (GRAY, GRAY_ALPHA) or images[0].mode == "L"
    return Samples(images, 16 if depth == 16 else 8, gray, _key(key, depth, 1 if gray else 3))


def _read(data: bytes, raw: str | None) -> Image.Image:
    image = opened(data)
    if raw:
        image.tile = [tile._replace(args=raw) for tile in image.tile]
    image.load()
    return image


def _plain(strip: Image.Image) -> Image.Image:
    """Palettes as colours, ink as light, black and white as gray."""
    if strip.mode == "P":
        return strip.convert("RGBA" if strip.has_transparency_data else "RGB")
    return strip.convert(READ_AS[strip.mode]) if strip.mode in READ_AS else strip


def _joined(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    return high.astype(np.uint16) << 8 | low


def _key(chunk: bytes, depth: int, channels: int) -> np.ndarray | None:
    """A key as strips have it: tones of fewer than 8 bits are spread over 0 to 255."""
    if len(chunk) != 2 * channels:
        return None
    top = 2**depth - 1
    return (np.frombuffer(chunk, ">u2") & top) * (255 // top if depth < 8 else 1)
