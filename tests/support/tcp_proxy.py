"""A proxy before a server of any protocol: what goes through can be refused, held up, or cut in the middle."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PART_BYTES = 65_536


class TcpProxy:
    """Passes connections on to a port of this machine, as long as the block that it was made by runs.

    refuses: new connections are closed at once, and those that are open end. holds: nothing of an answer goes on.
    cuts: after so many bytes of answers the next connections end, each once, in this order.
    """

    def __init__(self, upstream_port: int) -> None:
        self._upstream = ("127.0.0.1", upstream_port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.connections = self.answered_bytes = 0
        self.cuts: list[int] = []
        self._refuses, self._goes_on = False, threading.Event()
        self._goes_on.set()
        self._open: set[socket.socket] = set()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse all in the block."""
        self._refuses = True
        self._end_connections()
        try:
            yield
        finally:
            self._refuses = False

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let no byte of an answer through in the block."""
        self._goes_on.clear()
        try:
            yield
        finally:
            self._goes_on.set()

    def serve(self) -> None:
        """Accept connections until the proxy is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def close(self) -> None:
        """End all."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # else accept would wait on
        self._server.close()
        self._goes_on.set()
        self._end_connections()

    def _connect(self, client: socket.socket) -> None:
        self.connections += 1
        with client, suppress(OSError), socket.create_connection(self._upstream) as server:
            self._open |= {client, server}
            if self._refuses:  # asked once it is among those that a refusal ends
                return
            asking = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
            asking.start()
            self._answer(server, client)
            _end(client, server)
            asking.join()
            self._open -= {client, server}

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        left = None
        while data := server.recv(PART_BYTES):
            self._goes_on.wait()
            if left is None and self.cuts:
                left = self.cuts.pop(0)
            client.sendall(data if left is None else data[:left])
            self.answered_bytes += len(data)
            if left is not None and (left := left - len(data)) <= 0:
                return

    def _end_connections(self) -> None:
        _end(*self._open)


@contextmanager
def tcp_proxy(upstream_port: int) -> Iterator[TcpProxy]:
    """A proxy that works until it is told otherwise."""
    proxy = TcpProxy(upstream_port)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(PART_BYTES):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _end(*connections: socket.socket) -> None:
    for connection in connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
