"""Files that are made as they are read: what all of them know of their position."""

from __future__ import annotations

import io


class SeekableFile(io.RawIOBase):
    """A file of known size to read from, at any position; whoever derives from it reads there."""

    def __init__(self, size_bytes: int) -> None:
        self._size = size_bytes
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position; nothing is read before somebody asks for it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position
