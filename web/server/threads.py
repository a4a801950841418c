"""The threads that answer: so many for each kind of work, and clients in turns, so that none takes those of another."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Any, cast

from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from shared.settings import ANSWERING_THREADS
from web.server.bodies import UPLOAD
from web.server.channels import Channel
from web.server.turns import Asker, Bounds, Line


class Work(Enum):
    """What a request takes."""

    HEALTH = "health"  # nothing
    OTHER = "other"  # some milliseconds, most of them in Redis
    MAKE = "make"  # a photo or many files are read
    UPLOAD = "upload"  # a photo is received, checked and decoded


BOUNDS = {
    Work.HEALTH: Bounds(1),
    Work.MAKE: Bounds(2, kept=1, waiting=100),
    Work.UPLOAD: Bounds(3, kept=1, waiting=500),  # each may take 1 GB in the process that decodes it
}
BOUNDS[Work.OTHER] = Bounds(ANSWERING_THREADS - sum(bounds.at_once for bounds in BOUNDS.values()))
MADE = ("/results/thumbnail.jpg", "/results/all.zip")
VISITOR_HEADERS = ("COOKIE", "AUTHORIZATION")


class BusyError(Error):
    """Too many wait for the same kind of work."""

    code = 503
    reason = "Service Unavailable"


class Turn(Asker):
    """A request that waits for a thread, or has one."""

    def __init__(self, channel: Channel, work: Work, ended: Callable[[Turn], None]) -> None:
        said = " ".join(channel.requests[0].headers.get(name, "") for name in VISITOR_HEADERS)
        super().__init__(channel.client, str(hash(said)))  # believed only among those of one address
        self.channel, self.work = channel, work
        self._ended: Callable[[Turn], None] | None = ended

    def service(self) -> None:
        """Answer the request."""
        self.channel.let_others_work = self.end
        try:
            self.channel.service()
        finally:
            self.end()

    def cancel(self) -> None:
        """Give the request up, at the end of the process."""
        self.channel.cancel()

    def end(self) -> None:
        """The request works no more; its thread may wait on."""
        ended, self._ended = self._ended, None
        if ended:
            ended(self)


class Turns:
    """The queue of a dispatcher: a line for each kind of work."""

    def __init__(self) -> None:
        self.lines = {work: Line(bounds) for work, bounds in BOUNDS.items()}

    def __len__(self) -> int:
        return sum(map(len, self.lines.values()))

    def __bool__(self) -> bool:
        return self._next() is not None

    def append(self, turn: Turn) -> None:
        """Have a request wait."""
        self.lines[turn.work].append(turn)

    def popleft(self) -> Turn:
        """The next request that may run."""
        turn = self._next()
        if turn is None:
            raise IndexError("no request may run")
        self.lines[turn.work].begin(turn, time.monotonic())
        return turn

    def ended(self, turn: Turn) -> None:
        """Count one less that runs."""
        self.lines[turn.work].end(turn, time.monotonic())

    def _next(self) -> Turn | None:
        now_s = time.monotonic()
        may_run = (line.next(now_s) for line in self.lines.values())
        return cast("Turn | None", next(filter(None, may_run), None))


class Dispatcher(ThreadedTaskDispatcher):
    """Runs requests in threads: `threads` of them, all but ANSWERING_THREADS of which can only wait."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.queue: Any = Turns()
        self.set_thread_count(threads)

    def add_task(self, channel: Channel) -> None:
        """Have the next request of this connection answered in its turn, or refused at once."""
        request = channel.requests[0]
        work = _work(request)
        if not self.queue.lines[work].has_place(channel.client):
            request.error = BusyError("Too many requests of this kind wait already; try again soon")
            work = Work.OTHER
        super().add_task(Turn(channel, work, self._ended))

    def _ended(self, turn: Turn) -> None:
        with self.lock:
            self.queue.ended(turn)
            self.queue_cv.notify()


def _work(request: Any) -> Work:
    if request.error:
        return Work.OTHER
    path = "/" + request.path.lstrip("/")
    if (request.command, path) == UPLOAD:
        return Work.UPLOAD
    if path.endswith(MADE):
        return Work.MAKE
    return Work.HEALTH if path == "/healthz" else Work.OTHER
