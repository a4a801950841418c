"""From the bytes of a disparity file, which may be hostile, to a disparity map that goes with its photo.

The web front refuses uploads by this, and command and workers read by it. Larger is nearer, in every format:

- .png of 8 or 16 bits, gray, or in colour with the same value in all channels; what is transparent is unknown;
- .npy of one array of numbers, (h, w), NaN where unknown;
- .npz of one such array, or with one that is called `disparity`.
"""

from __future__ import annotations

import io
import zipfile
from typing import IO

import numpy as np
from PIL import Image

from shared.errors import DisparityError
from shared.maps.arrays import NPY_START, ZIP_START, members_by_name, read_header, read_numbers
from shared.maps.checks import Kind, check_shape, check_size
from shared.maps.disparity import Disparity
from shared.options import PHOTO_LIMIT_MP
from shared.photo.faults import refused_as
from shared.photo.sanitize import PNG_START, sanitized

Image.MAX_IMAGE_PIXELS = None  # as in shared.photo.decode: our own limit is checked before decoding

KIND = Kind("the disparity map", DisparityError)
MEMBER = "disparity"
MOST_UNKNOWN = 0.5
"""Part of the map that may be unknown."""


def read_disparity(data: bytes, photo_size_wh: tuple[int, int], *, limit_mp: float = PHOTO_LIMIT_MP) -> Disparity:
    """Check and decode a disparity map of a whole photo, upright like it.

    At most `limit_mp` megapixels are allowed, read from the header before anything is decoded.

    Args:
        data: the file; its content says which format it is.
        photo_size_wh: width and height of the upright photo, pixels.
        limit_mp: megapixels.
    Raises:
        DisparityError: no such file, too large or small, not of the photo's shape, damaged, or without content.
    """
    with refused_as(KIND.error, KIND.title):
        values = _values(data, limit_mp)
        height, width = values.shape
        check_shape((width, height), photo_size_wh, KIND)
        _check_values(values)
        return Disparity.of(values)


def bytes_from_disparity(disparity: Disparity) -> bytes:
    """Write a disparity map as .npz of float32, for storage; `read_disparity` reads it back as it was."""
    file = io.BytesIO()
    np.savez_compressed(file, disparity=disparity.values)
    return file.getvalue()


def _values(data: bytes, limit_mp: float) -> np.ndarray:
    """(h, w) numbers, of the file's own type or float32."""
    if data.startswith(PNG_START):
        return _png(data, limit_mp)
    if data.startswith(NPY_START):
        return _npy(io.BytesIO(data), limit_mp)
    if data.startswith(ZIP_START):
        return _npz(data, limit_mp)
    raise DisparityError("this is no disparity map in a .png, .npy or .npz file")


def _npy(file: IO[bytes], limit_mp: float) -> np.ndarray:
    """(h, w) numbers of the file's integers or of float32; axes of length 1 are dropped."""
    header = read_header(file, KIND)
    if len(header.shape) != 2:
        raise DisparityError(f"the disparity map has the shape {header.shape}; it needs height and width alone")
    check_size(header.shape[::-1], limit_mp, KIND)
    return read_numbers(file, header, KIND)


def _npz(data: bytes, limit_mp: float) -> np.ndarray:
    """The array of a file that has one, or the one that is called MEMBER."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        named = members_by_name(archive, KIND)
        if len(named) != 1 and MEMBER not in named:
            raise DisparityError(f"the .npz file has {len(named)} arrays; it needs one, or one called {MEMBER}")
        with archive.open(named.get(MEMBER) or next(iter(named.values()))) as file:
            return _npy(file, limit_mp)


def _png(data: bytes, limit_mp: float) -> np.ndarray:
    """(h, w) uint8 or uint16, or where something is transparent float32, which is NaN there."""
    with Image.open(io.BytesIO(sanitized(data).image), formats=("PNG",)) as image:
        check_size(image.size, limit_mp, KIND)
        image.load()
        return _gray(image)


def _gray(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):  # 16 bits, which Pillow may widen to 32
        return np.asarray(image).astype(np.uint16)
    if image.mode in ("1", "L") and not image.has_transparency_data:
        return np.asarray(image.convert("L"))
    rgba = np.asarray(image.convert("RGBA"))
    red, green, blue, alpha = (rgba[..., channel] for channel in range(4))
    seen = alpha == 255
    if ((red != green) | (green != blue))[seen].any():
        raise DisparityError("the disparity map has colours; save it in gray, lighter where it is nearer")
    return red if seen.all() else np.where(seen, red, np.float32(np.nan))


def _check_values(values: np.ndarray) -> None:
    """Refuse a map (h, w) without content."""
    if np.isinf(values).any():
        raise DisparityError("the disparity map has infinite values; NaN means unknown")
    unknown = float(np.isnan(values).mean())
    if unknown > MOST_UNKNOWN:
        raise DisparityError(f"{unknown:.0%} of the disparity map is unknown; at most {MOST_UNKNOWN:.0%} may be")
    if not np.nanmin(values) < np.nanmax(values):
        raise DisparityError("the disparity map has the same value everywhere")
