"""What the server receives: heads and bodies, with bounds of their size, of their time, and of what chunks may cost."""

from __future__ import annotations

import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver, FixedStreamReceiver
from waitress.rfc7230 import HEADER_FIELD_RE
from waitress.utilities import BadRequest, Error

from web.server.bodies import body_limit_bytes

HEAD_S = 10.0  # for all of a request's head, from its first byte on
BODY_S = 20.0  # that a body may be behind
BODY_BYTES_PER_S = 1000  # on average; a photo of 3 MB would take 50 minutes
FRAMING_BYTES = 16_000  # of sizes, extensions and trailers of chunks; each chunk costs some microseconds
BYTES_PER_FRAMING_BYTE = 32  # of the body, beyond that: chunks of 250 bytes have as many


class BoundedBuffer(OverflowableBuffer):
    """Keeps a body up to a limit; of a longer one only the length, by which the application refuses it."""

    def __init__(self, overflow: int, limit_bytes: int) -> None:
        super().__init__(overflow)
        self.received_bytes, self._limit_bytes = 0, limit_bytes

    def append(self, data: bytes) -> None:
        """Keep more, or let all of it go."""
        self.received_bytes += len(data)
        if self.received_bytes <= self._limit_bytes:
            super().append(data)
        elif len(self):
            self.close()
            self.buf, self.strbuf, self.overflowed = None, b"", False


class Chunks(ChunkedReceiver):
    """A chunked body (RFC 9112, section 7.1) whose chunks are not too small, and whose trailers are header fields."""

    framing_bytes = 0
    error: Error | None = None

    def __len__(self) -> int:
        """What arrived of the body itself; it becomes the request's Content-Length."""
        return self.buf.received_bytes

    def received(self, data: bytes) -> int:
        """Take some of the data; how much."""
        before = len(self)
        taken = super().received(data)
        self.framing_bytes += taken - (len(self) - before)
        if self.framing_bytes > FRAMING_BYTES + len(self) / BYTES_PER_FRAMING_BYTE:
            self.error = self.error or BadRequest("The chunks of the body are too small; send larger ones")
        if not all(HEADER_FIELD_RE.match(line) for line in self.trailer.split(b"\r\n") if line and self.completed):
            self.error = self.error or BadRequest("A trailer behind the body is no header field")
        return taken


class Request(HTTPRequestParser):
    """One request as it arrives. After an error, all that follows on its connection is nobody's."""

    body_rcv: Any = None

    def __init__(self, adjustments: Adjustments) -> None:
        super().__init__(adjustments)
        self.began_s = time.time()

    def received(self, data: bytes) -> int:
        """Take some of the data; how much."""
        taken = super().received(data)
        if self.error or self.body_rcv is None:
            self.expect_continue = False  # waitress would wait for a body that is refused, or that is none
        return len(data) if self.error else taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head, and bound the body by it.

        Raises:
            ParsingError: it is not HTTP.
        """
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a number with more digits than Python reads
            raise ParsingError("Content-Length is invalid") from error
        if self.body_rcv is None:
            return
        path, content_type = "/" + self.path.lstrip("/"), self.headers.get("CONTENT_TYPE", "")
        limit = body_limit_bytes(self.command, path, content_type, self.adj.upload_mb)
        buffer = BoundedBuffer(self.adj.inbuf_overflow, limit)
        self.body_rcv = Chunks(buffer) if self.chunked else FixedStreamReceiver(self.content_length, buffer)

    def is_overdue(self, now: float) -> bool:
        """True where its client takes too long to send it."""
        took_s = now - self.began_s
        if not self.headers_finished:
            return took_s > HEAD_S
        return self.body_bytes_received < (took_s - BODY_S) * BODY_BYTES_PER_S
