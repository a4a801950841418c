"""Arrays from .npy and .npz files that may be hostile: nothing is allocated before its header was checked.

NumPy's own `load` believes a header, and allocates what it says. What zipfile and NumPy raise on damaged files is left
to whoever calls.
Source: numpy.lib.format, versions 1.0 and 2.0.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.lib import format as npy

from shared.maps.checks import Kind

NPY_START, ZIP_START = npy.MAGIC_PREFIX, b"PK\x03\x04"
NUMBERS = "iuf"  # signed, unsigned, float
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what NumPy writes
MOST_MEMBERS = 100
MEMBER_END = ".npy"
CHUNK_BYTES = 1 << 20
HEADERS: Mapping[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype]]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


@dataclass(frozen=True)
class Header:
    """What an .npy file promises: its shape without axes of length 1, the order of its numbers, and their type."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype


def read_header(file: IO[bytes], kind: Kind, types: str = NUMBERS) -> Header:
    """The header of an .npy file; `types` are the kinds of numbers that are taken, as NumPy's `dtype.kind`.

    Raises:
        kind.error: it holds something else.
    """
    shape, by_columns, dtype = HEADERS[npy.read_magic(file)](file)
    if dtype.kind not in types:
        raise kind.error(f"{kind.title} holds {dtype.name}; it has to hold plain numbers")
    return Header(tuple(length for length in shape if length != 1), by_columns, dtype)


def read_numbers(file: IO[bytes], header: Header, kind: Kind) -> np.ndarray:
    """The array behind a header that was checked, of the file's integers or of float32.

    It is read piece by piece: a packed file gives no more than its header promised.

    Raises:
        kind.error: it is cut short.
    """
    count, dtype = math.prod(header.shape), header.dtype
    values = np.empty(count, dtype.newbyteorder("=") if dtype.kind != "f" else np.dtype(np.float32))
    piece = CHUNK_BYTES // dtype.itemsize
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is treated as such
        for start in range(0, count, piece):
            wanted = min(piece, count - start)
            read = file.read(wanted * dtype.itemsize)
            if len(read) != wanted * dtype.itemsize:
                raise kind.error(f"{kind.title}'s file is cut short: {count} numbers were promised")
            values[start : start + wanted] = np.frombuffer(read, dtype)
    return values.reshape(header.shape[::-1]).T if header.by_columns else values.reshape(header.shape)


def members_by_name(archive: zipfile.ZipFile, kind: Kind) -> dict[str, zipfile.ZipInfo]:
    """The arrays of an .npz file by their names.

    Raises:
        kind.error: too many, two of one name, or an archive of another making than NumPy's.
    """
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise kind.error(f"the .npz file has {len(members)} arrays; at most {MOST_MEMBERS} are allowed")
    if any(member.compress_type not in PACKINGS or member.flag_bits & 1 for member in members):
        raise kind.error("the .npz file is packed or encrypted in a way that NumPy does not use")
    named = {member.filename.removesuffix(MEMBER_END): member for member in members}
    if len(named) < len(members):
        raise kind.error("the .npz file has two arrays of one name")
    return named
