"""Files that a client sent, read in parts: none is ever whole in the front's memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

PART_BYTES = 1 << 18
IN_MEMORY_BYTES = 1 << 19  # a larger one lies on disk


def spooled(stream: BinaryIO) -> BinaryIO:
    """A file of all that the stream gives, which can be read again; the caller closes it."""
    file = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY_BYTES))  # noqa: SIM115
    shutil.copyfileobj(stream, file, PART_BYTES)
    return file


def file_size(file: BinaryIO) -> int:
    """How many bytes it has."""
    return file.seek(0, os.SEEK_END)


def parts(file: BinaryIO) -> Iterator[bytes]:
    """All of it, from its beginning."""
    file.seek(0)
    while part := file.read(PART_BYTES):
        yield part
