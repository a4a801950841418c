"""Gunicorn's threaded worker, fit to meet the world: slow senders cannot hold its threads, its errors are problems."""

from __future__ import annotations

import logging
import math
import socket
import struct
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.util import close_graceful, write_nonblock
from gunicorn.workers.gthread import TConn, ThreadWorker

from shared.logs import log_context
from web.problems import problem
from web.request_ids import HEADER
from web.services import KEY, Services

log = logging.getLogger(__name__)

SLOW_S = 3.0  # a request that has not arrived after so long is slow
SHARE_OF_ADDRESS = 0.5  # of the threads, for the slow requests of one address
STALLED_S = 30  # a client that takes nothing of its answer for so long is given up
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (LimitRequestLine, 414),
    (LimitRequestHeaders, 431),
    (ExpectationFailed, 417),
    (UnsupportedTransferCoding, 501),
    (ParseException, 400),
)


@dataclass
class Arrival:
    """A request on its way in: from where, since when, and what reads its body, once its headers are there."""

    address: str
    began: float
    body: Any = None
    given_up: bool = False

    def is_slow(self) -> bool:
        """True where it is not there after SLOW_S."""
        return not self.is_there() and time.monotonic() - self.began > SLOW_S

    def is_there(self) -> bool:
        """True where all of it has arrived; of a chunked body only its end says so."""
        return self.body is not None and getattr(self.body, "length", None) == 0


class Worker(ThreadWorker):
    """A thread for each request. What does not arrive in time is not waited for."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._arrivals: dict[TConn, Arrival] = {}  # the oldest first
        self._lock = threading.Lock()

    def handle(self, conn: TConn) -> Any:
        """Read a request and answer it; False where the connection is to be closed."""
        with self._place(conn) as arrival:
            if arrival:
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STALLED_S, 0))
                kept = super().handle(conn)
                if arrival.given_up:
                    kept = False
            else:
                detail = "Too many slow requests come from your address; send them one after another."
                self._refuse(conn.sock, 503, detail, retry_after_s=5)
                kept = False
        if not kept:
            _take_leave(conn.sock)
        return kept

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request whose headers are read; without a body, all of it is there."""
        with self._lock:
            if arrival := self._arrivals.get(conn):
                arrival.body = req.body.reader
                if arrival.is_there():
                    del self._arrivals[conn]
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Once a second: also stop reading what takes too long, or is one too many; answers are still sent."""
        super().murder_pending()
        for conn, arrival in self._hopeless():
            arrival.given_up = True
            try:
                conn.sock.shutdown(socket.SHUT_RD)
            except OSError as error:
                log.debug("a slow sender is gone already: %s", error)

    def _hopeless(self) -> list[tuple[TConn, Arrival]]:
        """Requests that are given up: past their time, or beyond the share of their address."""
        with self._lock:
            slow = [(conn, arrival) for conn, arrival in self._arrivals.items() if arrival.is_slow()]
        limit_s = self._services.settings.receive_s if self._services else 0
        hopeless = []
        seen: Counter[str] = Counter()
        for conn, arrival in slow:
            seen[arrival.address] += 1
            if seen[arrival.address] > self._share or time.monotonic() - arrival.began > limit_s:
                hopeless.append((conn, arrival))
        return hopeless

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """A request that cannot be read."""
        status = next((status for kind, status in STATUS if isinstance(exc, kind)), None)
        if status is None:
            log.error("unexpected error outside of the application", exc_info=exc)
            self._refuse(client, 500, "It is our fault, not yours; it has been logged.")
        else:
            self._refuse(client, status, f"The request cannot be read: {str(exc)[:200]}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """At SIGTERM: streams end too, for the worker waits for its requests, and a stream may last ten minutes."""
        if services := self._services:
            services.changes.end()
        super().handle_exit(sig, frame)

    @property
    def _services(self) -> Services | None:
        """The application's services, once it is loaded."""
        app = getattr(self, "wsgi", None)
        return app.extensions[KEY] if app else None

    @property
    def _share(self) -> float:
        """How many slow requests one address may have; any number behind a proxy, where all have its address."""
        services = self._services
        return math.inf if services is None or services.settings.behind_proxy else self.cfg.threads * SHARE_OF_ADDRESS

    @contextmanager
    def _place(self, conn: TConn) -> Iterator[Arrival | None]:
        """Watch the request arrive; None where its address has as many slow ones as it may."""
        arrival = Arrival(str(conn.client[0]), time.monotonic())
        with self._lock:
            slow = sum(other.address == arrival.address and other.is_slow() for other in self._arrivals.values())
            free = slow < self._share
            if free:
                self._arrivals[conn] = arrival
        try:
            yield arrival if free else None
        finally:
            with self._lock:
                self._arrivals.pop(conn, None)

    @staticmethod
    def _refuse(client: socket.socket, status: int, detail: str, retry_after_s: int | None = None) -> None:
        """Answer by a problem document, without the application, and close."""
        request_id = uuid.uuid4().hex
        with log_context(request_id=request_id):
            answer = problem(status, "not-received", "The request was not received", detail)
            log.info("refused with %d before the application: %r", status, detail)
        answer.headers.update({HEADER: request_id, "Connection": "close", "X-Content-Type-Options": "nosniff"})
        if retry_after_s:
            answer.headers["Retry-After"] = str(retry_after_s)
        head = [f"HTTP/1.1 {answer.status}", *(f"{name}: {value}" for name, value in answer.headers)]
        try:
            write_nonblock(client, "\r\n".join([*head, "", ""]).encode("latin-1") + answer.get_data())
        except OSError as error:
            log.debug("whoever was refused is gone: %s", error)


def _take_leave(sock: socket.socket) -> None:
    """Wait a little for the other side to close: here, since gunicorn would let everybody else wait meanwhile."""
    try:
        close_graceful(sock.dup())
        sock.shutdown(socket.SHUT_RD)  # gunicorn finds nothing more to wait for
    except OSError as error:
        log.debug("closed already: %s", error)
