"""Gunicorn's threaded worker, fit to meet the world: slow senders cannot hold its threads, its errors are problems."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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

SHARE_OF_ADDRESS = 0.5  # of the threads, to receive what one address sends
STALLED_S = 30  # a client that takes nothing of its answer for so long is given up
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (LimitRequestLine, 414),
    (LimitRequestHeaders, 431),
    (ExpectationFailed, 417),
    (UnsupportedTransferCoding, 501),
    (ParseException, 400),
)


class Worker(ThreadWorker):
    """A thread for each request. What a request has not sent in time is not waited for."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._receiving: dict[TConn, float] = {}  # when each began
        self._lock = threading.Lock()

    def handle(self, conn: TConn) -> Any:
        """Read a request and answer it; False where the connection is to be closed."""
        with self._place(conn) as free:
            if free:
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STALLED_S, 0))
                kept = super().handle(conn)
            else:
                detail = "Too many requests of your address are being received; send them one after another."
                self._refuse(conn.sock, 503, detail, retry_after_s=5)
                kept = False
        if not kept:
            _take_leave(conn.sock)
        return kept

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request whose headers are read."""
        if getattr(req.body.reader, "length", None) == 0:  # there is no more to come
            self._received(conn)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Once a second: also stop reading from whoever takes too long; an answer under way is still sent."""
        super().murder_pending()
        services = self._services
        limit_s = services.settings.receive_s if services else 0
        with self._lock:
            late = [conn for conn, began in self._receiving.items() if time.monotonic() - began > limit_s]
        for conn in late:
            self._received(conn)
            try:
                conn.sock.shutdown(socket.SHUT_RD)
            except OSError as error:
                log.debug("a slow sender is gone already: %s", error)

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

    @contextmanager
    def _place(self, conn: TConn) -> Iterator[bool]:
        """Count the connection among those that are received; False where its address has its share already."""
        services = self._services
        shared_by_all = services is None or services.settings.behind_proxy  # then all come from the proxy's address
        with self._lock:
            same = 0 if shared_by_all else sum(other.client[0] == conn.client[0] for other in self._receiving)
            free = same < self.cfg.threads * SHARE_OF_ADDRESS
            if free:
                self._receiving[conn] = time.monotonic()
        try:
            yield free
        finally:
            self._received(conn)

    def _received(self, conn: TConn) -> None:
        with self._lock:
            self._receiving.pop(conn, None)

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
