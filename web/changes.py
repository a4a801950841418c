"""Who waits for a job to change: one subscription to Redis a process, however many clients wait."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError

from shared.jobs.store import CHANGED

log = logging.getLogger(__name__)

LISTEN_S = 0.5
RECONNECT_S = 1.0
SUBSCRIBED_WITHIN_S = 2.0


class Changes:
    """Wakes threads when a job that they wait for changes. The listening thread starts with the first of them.

    A change may be missed while Redis is away: whoever waits looks at the record now and then all the same.
    """

    def __init__(self, redis: Redis, limit: int, limit_each: int) -> None:
        self._redis = redis
        self._limit, self._limit_each = limit, limit_each
        self._held: Counter[str] = Counter()  # places by who waits
        self._waiting: dict[str, set[threading.Event]] = {}  # by job id
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._subscribed, self._closed = threading.Event(), threading.Event()

    def take_slot(self, who: str) -> bool:
        """Take one of the places for threads that wait; False where all, or all of theirs, are taken."""
        with self._lock:
            free = self._held.total() < self._limit and self._held[who] < self._limit_each
            if free:
                self._held[who] += 1
        return free

    def free_slot(self, who: str) -> None:
        """Give a place back."""
        with self._lock:
            self._held[who] -= 1
            if not self._held[who]:
                del self._held[who]

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
        """Have all who wait stop at their next look, which is never far; safe in a signal's handler."""
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
