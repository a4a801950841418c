"""Files that are to be deleted, until they are gone.

The scripts that forget or cancel a job write it down here in the same step; whoever called them deletes the files at
once. Where storage refuses, or the process dies before, the workers' sweeper goes on. Nobody can read the files
meanwhile: no job record leads to them. Both delete only what a failover cannot bring back: those scripts' answers are
confirmed (shared/redis/confirmed.py), and so is what the sweeper reads.
"""

from __future__ import annotations

import logging

from redis import Redis
from redis.exceptions import RedisError

from shared.jobs.keys import Key
from shared.logs import log_context
from shared.redis.confirmed import confirmed
from shared.storage.base import Removed, Storage

log = logging.getLogger(__name__)

AGAIN_S = 10.0  # between two attempts of the sweeper
AT_ONCE = 100  # in one round of the sweeper


class Removals:
    """What is to be deleted of one storage, as one Redis remembers it: jobs, and folders of jobs."""

    def __init__(self, redis: Redis, storage: Storage) -> None:
        self._redis, self._storage = redis, storage

    def remove(self, job_id: str, folder: str | None = None) -> Removed:
        """Delete a folder of a job, or all of its files, now or, where storage refuses, as soon as it does no more."""
        what = f"{job_id}/{folder}" if folder else job_id
        removed = self._remove(what)
        if removed.left:
            with log_context(job_id=job_id):
                log.error("storage refuses to delete %d files of %s: %s", len(removed.left), what, removed.error)
        return removed

    def waits(self, job_id: str) -> bool:
        """True while files of a job are still to be deleted."""
        return self._redis.zscore(Key.REMOVALS, job_id) is not None

    def retry(self) -> int:
        """Delete what is left and due; gives of how many jobs and folders storage still refuses something.

        Raises:
            NotConfirmedError: a failover may bring back what is due.
        """
        now_ms = self._now_s() * 1000
        due: list[bytes] = []
        if self._redis.zcount(Key.REMOVALS, "-inf", now_ms):
            due = confirmed(self._redis, lambda pipe: pipe.zrangebyscore(Key.REMOVALS, "-inf", now_ms, 0, AT_ONCE))[0]
        left = [removed for what in due if (removed := self._remove(what.decode())).left]
        if left:
            log.error("storage still refuses to delete files of %d jobs and folders: %s", len(left), left[0].error)
        return len(left)

    def _remove(self, what: str) -> Removed:
        job_id, _, folder = what.partition("/")
        removed = self._storage.delete(job_id, folder or None)
        try:
            self._remember(what, removed)
        except RedisError as error:  # what is left has no record, and goes as an orphan at the latest
            log.warning("not remembered whether %s is deleted, redis does not answer: %s", what, error)
        return removed

    def _remember(self, what: str, removed: Removed) -> None:
        if removed.left:
            self._redis.zadd(Key.REMOVALS, {what: (self._now_s() + AGAIN_S) * 1000})
        else:
            self._redis.zrem(Key.REMOVALS, what)

    def _now_s(self) -> float:
        seconds, microseconds = self._redis.time()
        return seconds + microseconds / 1e6
