"""Arrays from .npy and .npz files that may be hostile: nothing is allocated before its header was checked.

NumPy's own `load` believes a header, and allocates what it says. What zipfile and NumPy raise on damaged files is left
to whoever calls.
Source: numpy.lib.format, versions 1.0 and 2.0.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Mapping
from typing import IO

import numpy as np
from numpy.lib import format as npy

from shared.disparity.checks import check_size
from shared.errors import DisparityError

NPY_START, ZIP_START = npy.MAGIC_PREFIX, b"PK\x03\x04"
KINDS = "iuf"  # signed, unsigned, float
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what NumPy writes
MOST_MEMBERS = 100
CHUNK_BYTES = 1 << 20
HEADERS: Mapping[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype]]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}
MEMBER = "disparity.npy"


def read_npy(file: IO[bytes], limit_mp: float) -> np.ndarray:
    """The array of an .npy file, (h, w), of the file's integers or of float32.

    Axes of length 1 are dropped.

    Raises:
        DisparityError: no array of numbers, not two axes, too large or small, or cut short.
    """
    shape, by_columns, dtype = HEADERS[npy.read_magic(file)](file)
    if dtype.kind not in KINDS:
        raise DisparityError(f"the disparity map holds {dtype.name}; it has to hold plain numbers")
    size_hw = tuple(length for length in shape if length != 1)
    if len(size_hw) != 2:
        raise DisparityError(f"the disparity map has the shape {shape}; it needs height and width alone")
    check_size(size_hw[::-1], limit_mp)
    values = _numbers(file, math.prod(size_hw), dtype)
    return values.reshape(size_hw[::-1]).T if by_columns else values.reshape(size_hw)


def read_npz(data: bytes, limit_mp: float) -> np.ndarray:
    """The array of an .npz file that has one, or the one called `disparity`; else as `read_npy`.

    Raises:
        DisparityError: no such array, or a file that is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_member(archive)) as file:
        return read_npy(file, limit_mp)


def _member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The array that is meant; archives of another making than NumPy's are refused."""
    members = archive.infolist()
    named = [member for member in members if member.filename == MEMBER] or members
    if len(members) > MOST_MEMBERS or len(named) != 1:
        raise DisparityError(f"the .npz file has {len(members)} arrays; it needs one, or one called disparity")
    (member,) = named
    if member.compress_type not in PACKINGS or member.flag_bits & 1:
        raise DisparityError("the .npz file is packed or encrypted in a way that NumPy does not use")
    return member


def _numbers(file: IO[bytes], count: int, dtype: np.dtype) -> np.ndarray:
    """(count,) numbers, read piece by piece: a packed file gives no more than its header promised."""
    plain = dtype.newbyteorder("=") if dtype.kind != "f" else np.dtype(np.float32)
    values = np.empty(count, plain)
    piece = CHUNK_BYTES // dtype.itemsize
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        for start in range(0, count, piece):
            wanted = min(piece, count - start)
            read = file.read(wanted * dtype.itemsize)
            if len(read) != wanted * dtype.itemsize:
                raise DisparityError(f"the disparity map's file is cut short: {count} numbers were promised")
            values[start : start + wanted] = np.frombuffer(read, dtype)
    return values
