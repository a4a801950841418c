"""The threads that answer: so many for each kind of work, and clients in turns, so that none takes those of another."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from enum import Enum
from typing import Any

from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from shared.settings import ANSWERING_THREADS
from web.server.bodies import UPLOAD
from web.server.channels import Channel


class Work(Enum):
    """What a request takes."""

    HEALTH = "health"  # nothing
    OTHER = "other"  # some milliseconds, most of them in Redis
    MAKE = "make"  # a photo or many files are read
    UPLOAD = "upload"  # a photo is received, checked and decoded


AT_ONCE = {Work.HEALTH: 1, Work.MAKE: 2, Work.UPLOAD: 5}
AT_ONCE[Work.OTHER] = ANSWERING_THREADS - sum(AT_ONCE.values())
MOST_WAITING = {Work.MAKE: 100, Work.UPLOAD: 300}  # then the next is refused; connections bound the others
MADE = ("/results/thumbnail.jpg", "/results/all.zip")


class BusyError(Error):
    """Too many wait for the same kind of work."""

    code = 503
    reason = "Service Unavailable"


class Turn:
    """A request that waits for a thread, or has one."""

    def __init__(self, channel: Channel, work: Work, ended: Callable[[Work], None]) -> None:
        self.channel, self.work, self.client = channel, work, channel.client
        self._ended: Callable[[Work], None] | None = ended

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
            ended(self.work)


class Turns:
    """The queue of a dispatcher: in turns by client within each kind of work, of which so many run at once."""

    def __init__(self) -> None:
        self._waiting: dict[Work, OrderedDict[str, deque[Turn]]] = {work: OrderedDict() for work in Work}
        self._running = Counter[Work]()

    def __len__(self) -> int:
        return sum(map(self.waiting, Work))

    def __bool__(self) -> bool:
        return self._next() is not None

    def waiting(self, work: Work) -> int:
        """How many requests wait for this kind of work."""
        return sum(map(len, self._waiting[work].values()))

    def append(self, turn: Turn) -> None:
        """Put a request behind those of its client."""
        self._waiting[turn.work].setdefault(turn.client, deque()).append(turn)

    def popleft(self) -> Turn:
        """The next request that may run."""
        work = self._next()
        if work is None:
            raise IndexError("no request may run")
        client, turns = self._waiting[work].popitem(last=False)
        turn = turns.popleft()
        if turns:
            self._waiting[work][client] = turns
        self._running[work] += 1
        return turn

    def ended(self, work: Work) -> None:
        """Count one less that runs."""
        self._running[work] -= 1

    def _next(self) -> Work | None:
        may_run = (work for work in Work if self._waiting[work] and self._running[work] < AT_ONCE[work])
        return next(may_run, None)


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
        if self.queue.waiting(work) >= MOST_WAITING.get(work, float("inf")):
            request.error = BusyError("Too many requests of this kind wait already; try again soon")
            work = Work.OTHER
        super().add_task(Turn(channel, work, self._ended))

    def _ended(self, work: Work) -> None:
        with self.lock:
            self.queue.ended(work)
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
