"""Waiting for a job to change: one subscription to Redis for each process, however many clients wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

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
        self._watches: set[JobWatch] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._subscribed, self._closed = threading.Event(), threading.Event()

    def watch(self, job_id: str, holder: str, group: str, longest_s: float) -> JobWatch | None:
        """Watch a job for so long at most; None where as many watch as may: of this holder, of their group, or of all.

        A group may hold as many slots as are free (a dynamic threshold, Choudhury and Hahne 1998): one alone gets half
        of all, and one who comes later finds a half of what the others left.
        """
        with self._lock:
            if not self._has_slot(holder, group):
                return None
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen_until_closed, name="changes", daemon=True)
                self._thread.start()
            watch = JobWatch(self, job_id, holder, group, time.monotonic() + longest_s)
            self._watches.add(watch)
            return watch

    def _has_slot(self, holder: str, group: str) -> bool:
        free = self._limit - len(self._watches)
        held = sum(watch.holder == holder for watch in self._watches)
        held_by_group = sum(watch.group == group for watch in self._watches)
        return held < self._limit_each and held_by_group < free

    def forget(self, watch: JobWatch) -> None:
        """Give the slot of a watch back, unless that was done already."""
        with self._lock:
            self._watches.discard(watch)

    def wait_until_subscribed(self) -> None:
        """Wait until changes are noticed, or for two seconds where Redis does not answer."""
        self._subscribed.wait(SUBSCRIBED_WITHIN_S)

    @property
    def ended(self) -> bool:
        """True where the process stops, so that all watches end."""
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
            for watch in self._watches:
                if watch.job_id == job_id:
                    watch.changed.set()


class JobWatch:
    """Iterating over it yields when the job should be read: at once, at each change, and every READ_AGAIN_S.

    It ends when its time is over or the process stops. It holds a slot until then, or until it is closed.
    """

    def __init__(self, changes: Changes, job_id: str, holder: str, group: str, until: float) -> None:
        self.job_id, self.holder, self.group, self.changed = job_id, holder, group, threading.Event()
        self._changes, self._until = changes, until

    def __iter__(self) -> Iterator[None]:
        """Block until the job should be read again."""
        try:
            self._changes.wait_until_subscribed()
            while (left_s := self._until - time.monotonic()) > 0 and not self._changes.ended:
                self.changed.clear()
                yield
                self.changed.wait(min(READ_AGAIN_S, left_s))
        finally:
            self.close()

    def close(self) -> None:
        """Give the slot back."""
        self._changes.forget(self)
