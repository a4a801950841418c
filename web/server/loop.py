"""The loop that receives and sends: a connection is asked what it waits for when something happened to it.

Waitress's own loop asks every connection in each of its turns, and is woken for each answer; with 200 connections that
took longer than to answer.
"""

from __future__ import annotations

import selectors
import threading
from typing import Any

from waitress import wasyncore

from web.server.channels import Channel

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Sockets(dict[int, Any]):
    """All that a server has open, by file descriptor: its channels, what it listens on, and waitress's trigger.

    Channels are asked by this loop when it has served them, and by the threads that answer when they have written.
    Whoever waits for the lock may hold a channel's `outbuf_lock`, never the other way round.
    """

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()  # epoll or kqueue, which other threads may change while it waits
        self._waited_for: dict[int, int] = {}  # READ, WRITE or both; what waits for neither is not here
        self._others: dict[int, Any] = {}  # no channels
        self._lock = threading.Lock()

    def __setitem__(self, number: int, opened: Any) -> None:
        """Open."""
        super().__setitem__(number, opened)
        if isinstance(opened, Channel):
            self._wait_for(number, opened, READ)
        else:
            self._others[number] = opened

    def __delitem__(self, number: int) -> None:
        """Close; from now on the descriptor may be another's."""
        self._wait_for(number, self.get(number), 0)
        super().__delitem__(number)
        self._others.pop(number, None)

    def run(self, longest_s: float) -> None:
        """Serve until an exception is raised; what is no channel is asked each so many seconds at the least."""
        while self:
            for number, opened in list(self._others.items()):
                self._wait_for(number, opened, READ if opened.readable() else 0)
            for key, events in self._selector.select(longest_s):
                if self.get(key.fd) is key.data:
                    self._serve(key.data, events)

    def ask(self, channel: Channel) -> None:
        """Wait for what a channel waits for now."""
        with channel.outbuf_lock:  # else a thread that is about to write all would look like one that could not
            number = channel._fileno
            events = (READ if channel.readable() else 0) | (WRITE if channel.writable() else 0)
            if number is not None:
                self._wait_for(number, channel, events)

    def _serve(self, opened: Any, events: int) -> None:
        """Have one read and write that can."""
        if events & READ and opened.readable():
            wasyncore.read(opened)
        if events & WRITE:
            wasyncore.write(opened)
        if isinstance(opened, Channel):
            self.ask(opened)

    def _wait_for(self, number: int, opened: Any, events: int) -> None:
        with self._lock:
            before = self._waited_for.get(number, 0)
            if events == before or self.get(number) is not opened:
                return
            self._waited_for[number] = events
            if not events:
                del self._waited_for[number]
                self._selector.unregister(number)
            elif before:
                self._selector.modify(number, events, opened)
            else:
                self._selector.register(number, events, opened)
