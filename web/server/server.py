"""The server: it accepts connections as long as there is room, and makes room where there is none."""

from __future__ import annotations

import resource
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from shared.settings import Settings
from web.server.bodies import FORM_OVERHEAD_BYTES
from web.server.channels import Channel
from web.server.loop import Sockets
from web.server.threads import Dispatcher

CONNECTIONS = 2000  # at once; each costs the loop that serves all of them a few microseconds each time
OTHER_FILES = 400  # Redis, a connection for each thread, and what the program itself has open
ROOM = 100  # connections that are free for new clients before each turn of the loop
HEADER_BYTES = 32_768
MEMORY_BYTES = 65_536  # of a body or an answer; the rest waits in a temporary file
BODIES_BYTES = 2_000_000_000  # of all that are being received, on disk
SEND_BUFFER_BYTES = 131_072  # in the kernel, for each connection; it takes twice as much
WHOLE_ANSWER_BYTES = 2**30  # kept for a slow reader; a lower mark would hold a thread
TOO_LARGE_FACTOR = 10  # a body up to so many times the limit is read to its end, and refused in the API's own words
EACH_S = 1  # how often connections are looked through


class Server(TcpWSGIServer):
    """Waitress's server, in which one thread receives all requests and sends all answers."""

    channel_class = Channel
    bodies_bytes = BODIES_BYTES
    connections = CONNECTIONS

    def run(self) -> None:
        """Serve until SystemExit."""
        try:
            self._map.run(EACH_S)
        except (SystemExit, KeyboardInterrupt):
            self.task_dispatcher.shutdown()

    def ask(self, channel: Channel) -> None:
        """Wait for what a connection waits for now; of a thread that wrote to it."""
        self._map.ask(channel)

    def pull_trigger(self) -> None:
        """Waitress wakes its loop by this, in which it asks all connections; here each is asked by name."""

    def readable(self) -> bool:
        """Make room, and take new connections; nothing else closes connections of others."""
        excess = len(self.active_channels) - (self.connections - ROOM)
        if excess > 0:
            self._close(self._least_needed()[: excess + ROOM])
        return bool(super().readable())

    def handle_accept(self) -> None:
        """Accept those that wait, as many as there is room for."""
        for _ in range(ROOM):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return

    def set_socket_options(self, connection: socket.socket) -> None:
        """Bound what the kernel keeps of an answer that is not read."""
        super().set_socket_options(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def maintenance(self, now: float) -> None:
        """Close connections whose clients take too long, and those that send most where all send too much."""
        self._close([channel for channel in self._channels() if channel.is_overdue(now)])
        self._close(self._largest_senders())

    def _least_needed(self) -> list[Channel]:
        """Those that may be closed: of whoever has most first, then idle, new, and longest silent first."""
        channels = self._channels()
        held = Counter(channel.address for channel in channels)

        def order(channel: Channel) -> tuple[int, bool, bool, float]:
            return -held[channel.address], channel.works, channel.was_served, channel.last_activity

        return sorted((channel for channel in channels if not channel.answers), key=order)

    def _largest_senders(self) -> list[Channel]:
        """Those that may be closed to keep the bodies that are on their way within `bodies_bytes`."""
        senders = [channel for channel in self._channels() if not channel.answers and channel.body_bytes]
        sent = Counter[str]()
        for channel in senders:
            sent[channel.address] += channel.body_bytes
        closed, excess = [], sent.total() - self.bodies_bytes
        for channel in sorted(senders, key=lambda channel: (-sent[channel.address], -channel.body_bytes)):
            if excess > 0:
                closed.append(channel)
                excess -= channel.body_bytes
        return closed

    def _channels(self) -> list[Channel]:
        return list(self.active_channels.values())

    @staticmethod
    def _close(channels: Iterable[Channel]) -> None:
        for channel in channels:
            channel.handle_close()


def create_server(application: Callable[..., Any], settings: Settings, host: str, port: int) -> Server:
    """A server of this application, which listens; `run` serves until SystemExit."""
    adjustments = Adjustments(host=host, port=port, **_options(settings))
    adjustments.upload_mb, adjustments.behind_proxy = settings.upload_mb, settings.behind_proxy
    dispatcher, files = Dispatcher(settings.web_threads), Sockets()
    servers = [
        Server(application, files, dispatcher=dispatcher, adj=adjustments, sockinfo=address)
        for address in adjustments.listen
    ]
    for server in servers:
        server.connections = min(CONNECTIONS, connections_of(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
    return servers[-1]  # runs all of them, since they share their files


def connections_of(files: int) -> int:
    """How many connections a process may have that may open so many files: each may need one beside its own."""
    return max(2 * ROOM, (files - OTHER_FILES) // 2)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "cleanup_interval": EACH_S,
        "connection_limit": CONNECTIONS,
        "max_request_header_size": HEADER_BYTES,
        "max_request_body_size": TOO_LARGE_FACTOR * (settings.upload_mb * 1_000_000 + FORM_OVERHEAD_BYTES),
        "inbuf_overflow": MEMORY_BYTES,
        "outbuf_overflow": MEMORY_BYTES,
        "outbuf_high_watermark": WHOLE_ANSWER_BYTES,
        "clear_untrusted_proxy_headers": False,  # the application reads them, where RELIEF_BEHIND_PROXY says so
        "log_socket_errors": False,
        "ident": None,
    }
