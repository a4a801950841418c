"""Waiting for a job to change: one subscription to Redis for each process, however many clients wait."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError

from shared.jobs.keys import Key

log = logging.getLogger(__name__)

LISTEN_S = 0.5
READ_AGAIN_S = 2.0  # a change may be missed while Redis is away, and other jobs' changes move it in the queue
RECONNECT_S = 1.0
SUBSCRIBED_WITHIN_S = 2.0


class Changes:
    """Wakes threads when a job that they watch changes. The listening thread starts with the first of them."""

    def __init__(self, redis: Redis, limit: int, limit_each: int) -> None:
        self._redis = redis
        self._limit, self._limit_each = limit, limit_each
        self._held: Counter[str] = Counter()  # slots by holder
        self._waiting: dict[str, set[threading.Event]] = {}  # by job id
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._subscribed, self._closed = threading.Event(), threading.Event()

    def watch(self, job_id: str, holder: str, longest_s: float) -> JobWatch | None:
        """Take one of the slots for threads that wait; None where all, or all of the holder's, are taken.

        Args:
            job_id: the job to wait for.
            holder: whose slot it is; each may have a limited number.
            longest_s: when the watch ends by itself.
        """
        with self._lock:
            if self._held.total() >= self._limit or self._held[holder] >= self._limit_each:
                return None
            self._held[holder] += 1
        return JobWatch(self, job_id, holder, longest_s)

    def free_slot(self, holder: str) -> None:
        """Give a slot back."""
        with self._lock:
            self._held -= Counter([holder])  # which also drops holders of none

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
        """Have all watches end within READ_AGAIN_S; safe in a signal's handler."""
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
                log.warning("changes are not noticed for now, redis does not answer: %s", error)
                self._subscribed.clear()
                self._closed.wait(RECONNECT_S)

    def _listen(self) -> None:
        with self._redis.pubsub() as pubsub:
            pubsub.subscribe(Key.CHANGED)
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
    """Iterating over it, once, yields when the job should be read: at once, at each change, and every READ_AGAIN_S.

    It ends when its time is over or the process stops, and holds its slot until then or until it is closed.
    """

    def __init__(self, changes: Changes, job_id: str, holder: str, longest_s: float) -> None:
        self._changes, self._job_id, self._holder = changes, job_id, holder
        self._until = time.monotonic() + longest_s
        self._held = True

    def __iter__(self) -> Iterator[None]:
        """Block until the job should be read again."""
        try:
            with self._changes.of(self._job_id) as changed:
                while (left_s := self._until - time.monotonic()) > 0 and not self._changes.ended:
                    changed.clear()
                    yield
                    changed.wait(min(READ_AGAIN_S, left_s))
        finally:
            self.close()

    def close(self) -> None:
        """Give the slot back, unless that was done already."""
        if self._held:
            self._held = False
            self._changes.free_slot(self._holder)
