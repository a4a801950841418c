"""A file in a bucket, read as it arrives: none of it is kept but what is read, and a broken connection goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, cast

from botocore.exceptions import BotoCoreError

from shared.seekable import SeekableFile

AHEAD_BYTES = 1 << 18  # read at once by who asks for less
SKIPPED_BYTES = 1 << 18  # a seek over no more reads on, which is quicker than to ask again
ATTEMPTS = 3  # to read one part

Answer = dict[str, Any]  # of boto3's get_object


class S3File(SeekableFile):
    """The file's bytes from any place on; the first request reads from its begin.

    ask: asks S3 for the file from an offset on, where it still has that ETag; raises OSError.
    """

    def __init__(self, where: str, ask: Callable[[int, str | None], Answer]) -> None:
        first = ask(0, None)
        super().__init__(first["ContentLength"])
        self._where, self._ask, self._etag = where, ask, cast(str, first["ETag"])
        self._stream: Any = first["Body"]
        self._streamed = 0  # the offset that the stream is at

    def readinto(self, buffer: Any) -> int:
        """Read some bytes into a buffer; how many, 0 at the end.

        Raises:
            OSError: S3 does not answer, or the file is gone or another one.
        """
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """All bytes from the position on."""
        parts = []
        while part := self._read(self._size - self._position):
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Let go of the connection, which is used again where all was read."""
        if not self.closed:
            self._drop()
        super().close()

    def _read(self, count: int) -> bytes:
        """Some bytes, of which there may be fewer; none at the end alone."""
        wanted = min(count, self._size - self._position)
        if wanted <= 0:
            return b""
        cause: Exception | None = None
        for _ in range(ATTEMPTS):
            self._open_near()
            try:
                return self._read_stream(wanted)
            except BotoCoreError as error:  # broke off, or nothing came for too long
                cause = error
                self._drop()
        raise OSError(errno.EIO, f"{self._where}: {cause}") from cause

    def _read_stream(self, wanted: int) -> bytes:
        if ahead := self._position - self._streamed:
            self._streamed += len(self._stream.read(ahead))
        data = cast(bytes, self._stream.read(wanted))
        self._streamed += len(data)
        self._position = self._streamed
        return data

    def _open_near(self) -> None:
        """Have a stream that is at the position, or little before it."""
        if self._stream is None or not 0 <= self._position - self._streamed <= SKIPPED_BYTES:
            self._drop()
            self._stream, self._streamed = self._ask(self._position, self._etag)["Body"], self._position

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = None
