"""Who waits for a job to change: one subscription to Redis a process, however many clients wait."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError

from shared.jobs.store import CHANGED

log = logging.getLogger(__name__)

LISTEN_S = 0.5
LOOK_AGAIN_S = 2.0  # a change may be missed while Redis is away, and other jobs' changes move one in the queue
RECONNECT_S = 1.0
SUBSCRIBED_WITHIN_S = 2.0


class Changes:
    """Wakes threads when a job that they watch changes. The listening thread starts with the first of them."""

    def __init__(self, redis: Redis, limit: int, limit_each: int) -> None:
        self._redis = redis
        self._limit, self._limit_each = limit, limit_each
        self._held: Counter[str] = Counter()  # slots by who waits
        self._waiting: dict[str, set[threading.Event]] = {}  # by job id
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._subscribed, self._closed = threading.Event(), threading.Event()

    def watch(self, job_id: str, who: str, longest_s: float) -> JobWatch | None:
        """Take one of the slots for threads that wait; None where all, or all of theirs, are taken.

        Args:
            job_id: the job to wait for.
            who: whose slot it is.
            longest_s: when the watch ends by itself.
        """
        with self._lock:
            if self._held.total() >= self._limit or self._held[who] >= self._limit_each:
                return None
            self._held[who] += 1
        return JobWatch(self, job_id, who, longest_s)

    def free_slot(self, who: str) -> None:
        """Give a slot back."""
        with self._lock:
            self._held -= Counter([who])  # and forget who holds none

    @contextmanager
    def of(self, job_id: str) -> Iterator[threading.Event]:
        """An event that is set whenever the job changes; clear it before looking at the record."""
        event = threading.Event()
        with self._lock:
            self._waiting.setdefault(job_id, set()).add(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen_until_closed, name="changes", daemon=True)
                self._thread.start()
        self._subscribed.wait(SUBSCRIBED_WITHIN_S)
        try:
            yield event
        finally:
            with self._lock:
                self._waiting[job_id].discard(event)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    @property
    def ended(self) -> bool:
        """True where nobody is to wait any longer: the process stops."""
        return self._closed.is_set()

    def end(self) -> None:
        """Have all watches end within LOOK_AGAIN_S; safe in a signal's handler."""
        self._closed.set()

    def close(self) -> None:
        """End the listening thread, if there is one."""
        self.end()
        if self._thread:
            self._thread.join()

    def _listen_until_closed(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
            except RedisError as error:
                log.warning("changes are not heard for now, redis does not answer: %s", error)
                self._subscribed.clear()
                self._closed.wait(RECONNECT_S)

    def _listen(self) -> None:
        with self._redis.pubsub() as pubsub:
            pubsub.subscribe(CHANGED)
            while not self._closed.is_set():
                message = pubsub.get_message(timeout=LISTEN_S)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._subscribed.set()
                else:
                    self._wake(message["data"].decode())

    def _wake(self, job_id: str) -> None:
        with self._lock:
            events = list(self._waiting.get(job_id, ()))
        for event in events:
            event.set()


class JobWatch:
    """The times to look at a job, to be iterated over once: now, at each change, and now and then without one.

    It ends by itself when its time is over or the process stops, and holds its slot until then or until it is closed.
    """

    def __init__(self, changes: Changes, job_id: str, who: str, longest_s: float) -> None:
        self._changes, self._job_id, self._who = changes, job_id, who
        self._until = time.monotonic() + longest_s
        self._held = True

    def __iter__(self) -> Iterator[None]:
        """Blocks between the looks."""
        try:
            with self._changes.of(self._job_id) as changed:
                while (left_s := self._until - time.monotonic()) > 0 and not self._changes.ended:
                    changed.clear()
                    yield
                    changed.wait(min(LOOK_AGAIN_S, left_s))
        finally:
            self.close()

    def close(self) -> None:
        """Give the slot back, if that was not done yet."""
        if self._held:
            self._held = False
            self._changes.free_slot(self._who)
