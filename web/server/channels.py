"""One connection: what is read from it and answered on it, and when it is given up."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

from shared.logs import log_context, request_id_from
from web.access import network_of
from web.server.requests import HEAD_S, Request
from web.traffic import REFUSED
from web.waiting import WAITS

log = logging.getLogger(__name__)

KEPT_S = 60.0  # between two requests on one connection
UNREAD_S = 60.0  # in which nothing of an answer is taken
LINGER_S = 2.0  # for the client's own close
RETRY_S = 5
JOINED_BYTES = 65_536  # of a body; a larger one would be copied for nothing


class Answer(WSGITask):
    """A request that the application answers; it may tell that it only waits from some time on."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment."""
        return super().get_environment() | {WAITS: self.channel.let_others_work}

    def write(self, data: bytes) -> None:
        """Send more of the answer; its head goes with the first part of its body."""
        if self.wrote_header or len(data) > JOINED_BYTES:
            super().write(data)
            return
        with self.channel.joined():
            super().write(data)

    def set_close_on_finish(self) -> None:
        """Close behind this answer; waitress would behind each that has no body, although its status tells its end."""
        wanted = self.request.headers.get("CONNECTION", "").lower() == "close" or self.version == "1.0"
        if wanted or self.wrote_header or self.has_body:
            super().set_close_on_finish()


class Refusal(ErrorTask):
    """A request that the server refuses, by a problem document (RFC 9457) as the application does."""

    def execute(self) -> None:
        """Send it; the connection is closed then."""
        error, request_id = self.request.error, request_id_from(self.request.headers.get("X_REQUEST_ID"))
        with log_context(request_id=request_id):
            log.info("refused with %d by the server: %s", error.code, error.reason)
        REFUSED.labels(error.code).inc()
        kind = error.reason.lower().replace(" ", "-")
        problem = {"type": f"/problems/{kind}", "title": error.reason, "status": error.code, "detail": error.body}
        body = json.dumps(problem | {"request_id": request_id}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "application/problem+json"), ("X-Request-ID", request_id)]
        self.response_headers += [("X-Content-Type-Options", "nosniff")]
        if error.code == 503:
            self.response_headers += [("Retry-After", str(RETRY_S))]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(b"" if getattr(self.request, "command", "") == "HEAD" else body)


class Channel(HTTPChannel):
    """A connection of one client."""

    parser_class = Request
    task_class = Answer
    error_task_class = Refusal
    close_when_flushed = False
    was_served = False
    lingers_since: float | None = None  # seconds since 1970
    let_others_work: Callable[[], None] = staticmethod(lambda: None)
    _kept: list[bytes] | None = None

    @cached_property
    def address(self) -> str:
        """Where it comes from: an IPv4 address or an IPv6 network."""
        return network_of(self.addr[0])

    @property
    def client(self) -> str:
        """Who sends: whom a trusted proxy names, or where the connection comes from."""
        named = ""
        if self.server.adj.behind_proxy and self.requests:
            named = self.requests[0].headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        return network_of(named) if named else self.address

    @property
    def answers(self) -> bool:
        """True where a request of it waits or is being answered; such a connection is never closed from here."""
        return bool(self.requests)

    @property
    def works(self) -> bool:
        """True where a body is being received or an answer sent."""
        return bool(self.total_outbufs_len or (self.request and self.request.headers_finished))

    @property
    def body_bytes(self) -> int:
        """What has come of a body that is being received."""
        return self.request.body_bytes_received if self.request else 0

    def is_overdue(self, now: float) -> bool:
        """True where the client takes too long to send or to read."""
        if self.lingers_since:
            return now - self.lingers_since > LINGER_S
        if self.answers:
            return False
        if self.total_outbufs_len:
            return now - self.last_activity > UNREAD_S
        if self.request is not None:
            return self.request.is_overdue(now)
        return now - self.last_activity > (KEPT_S if self.was_served else HEAD_S)

    def service(self) -> None:
        """Answer one request."""
        self.was_served = True
        super().service()
        self.server.ask(self)

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Send all that is written in the block at once."""
        kept: list[bytes] = []
        self._kept = kept
        try:
            yield
        finally:
            self._kept = None
        self.write_soon(b"".join(kept))

    def write_soon(self, data: Any) -> int:
        """Send what can be sent at once, and leave the rest to the loop; how many bytes were given."""
        if self._kept is not None:
            self._kept.append(data)
            return len(data)
        taken = super().write_soon(data)
        if self.total_outbufs_len:
            self.server.ask(self)
        return taken

    def handle_close(self) -> None:
        """Close it, and let go of what was received in part."""
        super().handle_close()
        if self.request:
            self.request.close()

    def handle_write(self) -> None:
        """Send what waits. The last answer is not lost by a close while the client still sends (RFC 9112, 9.6)."""
        if not self.close_when_flushed:
            super().handle_write()
            return
        self.close_when_flushed = False
        super().handle_write()
        self.close_when_flushed = True
        if self.connected and not self.total_outbufs_len:
            self.lingers_since = time.time()
            with suppress(OSError):  # the client is gone
                self.socket.shutdown(socket.SHUT_WR)

    def received(self, data: bytes) -> bool:
        """Take what came; behind the last answer it is thrown away."""
        return not self.lingers_since and super().received(data)

    def readable(self) -> bool:
        """True where it is open and more may be read."""
        return self.connected and (bool(self.lingers_since) or super().readable())

    def writable(self) -> bool:
        """True where it is open and something is to be written."""
        return self.connected and not self.lingers_since and super().writable()
