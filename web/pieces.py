"""A file that is put together while it is read: of texts in memory and of stored files, of which no copy is made."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import BinaryIO, Protocol

from shared.seekable import SeekableFile


class Piece(Protocol):
    """Some bytes of known size, of which any part can be read."""

    @property
    def size_bytes(self) -> int:
        """How many."""

    def read(self, offset: int, count: int) -> bytes:
        """So many bytes from there, which are inside; raises OSError where they are gone."""

    def close(self) -> None:
        """Let go of what was opened to read."""


@dataclass(frozen=True)
class Text:
    """Bytes in memory, shared by all that read them."""

    data: bytes

    @property
    def size_bytes(self) -> int:
        """How many."""
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        """A part."""
        return self.data[offset : offset + count]

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Stored:
    """A stored file of known size, which is open from the first read on."""

    open: Callable[[], BinaryIO]
    size_bytes: int
    _file: BinaryIO | None = field(default=None, init=False)

    def read(self, offset: int, count: int) -> bytes:
        """A part.

        Raises:
            OSError: the file is gone, or shorter than it should be.
        """
        self._file = self._file or self.open()
        self._file.seek(offset)
        data = self._file.read(count)
        if len(data) < count:
            raise OSError(f"a stored file has {offset + len(data)} bytes in place of {self.size_bytes}")
        return data

    def close(self) -> None:
        """Close the file; another read opens it again."""
        if self._file:
            self._file.close()
        self._file = None


@dataclass
class Base64:
    """A stored file in base64."""

    stored: Stored

    @property
    def size_bytes(self) -> int:
        """Its size when encoded."""
        return -(-self.stored.size_bytes // 3) * 4

    def read(self, offset: int, count: int) -> bytes:
        """A part of the encoded text; three bytes of the file are four of it."""
        first, last = offset // 4, -(-(offset + count) // 4)
        begin, end = 3 * first, min(3 * last, self.stored.size_bytes)
        return base64.b64encode(self.stored.read(begin, end - begin))[offset - 4 * first :][:count]

    def close(self) -> None:
        """Close the file."""
        self.stored.close()


class Pieces(SeekableFile):
    """A file to read that consists of pieces, or of a part of them; one stored file at most is open at a time."""

    def __init__(self, pieces: Sequence[Piece], begin: int = 0, end: int | None = None) -> None:
        self._pieces = pieces
        self._starts = [0, *accumulate(piece.size_bytes for piece in pieces)]
        self._begin = begin
        super().__init__((self._starts[-1] if end is None else end) - begin)
        self._current: Piece | None = None

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many; fewer at the end alone.

        Raises:
            OSError: a stored file is gone.
        """
        left = max(0, self._size - self._position)
        parts, wanted = [], left if size < 0 else min(size, left)
        while wanted > 0:
            part = self._read_some(wanted)
            parts.append(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close what is open."""
        if self._current:
            self._current.close()
        super().close()

    def _read_some(self, count: int) -> bytes:
        """Bytes of the piece at the position; the piece that was read before is closed."""
        place = self._begin + self._position
        number = bisect_right(self._starts, place) - 1
        piece, offset = self._pieces[number], place - self._starts[number]
        if self._current is not piece and self._current:
            self._current.close()
        self._current = piece
        data = piece.read(offset, min(count, piece.size_bytes - offset))
        self._position += len(data)
        return data
