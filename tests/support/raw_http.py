"""Clients that send slowly, wrongly, or never read: HTTP over plain sockets."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

UPLOAD_HEAD = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n"
EXPECTING_HEAD = UPLOAD_HEAD + b"Expect: 100-continue\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
DRIP_EVERY_S = 0.5


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, and body."""

    status: int
    headers: dict[str, str]
    body: bytes


def connect(url: str) -> socket.socket:
    """A connection to the server at this URL."""
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def read_answer(connection: socket.socket) -> Answer:
    """All that comes until the server closes the connection."""
    head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(status.split()[1]), headers, body)


def ask(url: str, request: bytes) -> Answer:
    """Send these bytes, and read the answer until the server closes the connection."""
    with connect(url) as connection:
        connection.sendall(request)
        return read_answer(connection)


@contextmanager
def dripping(url: str, beginnings: Sequence[bytes]) -> Iterator[Sequence[socket.socket]]:
    """A connection for each beginning of a request; while the block runs, one byte follows every half second."""
    ended = threading.Event()
    with ExitStack() as held:
        connections = [held.enter_context(connect(url)) for _ in beginnings]
        for connection, beginning in zip(connections, beginnings, strict=True):
            connection.sendall(beginning)
        thread = threading.Thread(target=_drip, args=(connections, ended))
        thread.start()
        try:
            yield connections
        finally:
            ended.set()
            thread.join()


def await_continue(connections: Sequence[socket.socket]) -> None:
    """Wait until the server has read each EXPECTING_HEAD, and so counted its request."""
    for connection in connections:
        assert connection.recv(len(CONTINUE)) == CONTINUE


def _drip(connections: Sequence[socket.socket], ended: threading.Event) -> None:
    while not ended.wait(DRIP_EVERY_S):
        for connection in connections:
            with suppress(OSError):  # the server has given this one up
                connection.sendall(b"a")
