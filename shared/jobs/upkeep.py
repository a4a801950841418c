"""What keeps the queue whole: jobs of dead workers, expired jobs, wake-ups that were lost, and who looks for them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import cast

from redis import Redis

from shared.jobs.fields import read_jobs
from shared.jobs.keys import Key
from shared.jobs.problems import GIVEN_UP
from shared.jobs.record import Job, Stage
from shared.jobs.scripts import LUA, job_scripts
from shared.logs import log_context

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Jobs that one script takes back or forgets: some milliseconds, in which Redis answers nobody else."""

RECOUNTED_AT_ONCE = 200  # some 10 us each
CHECKS_AT_ONCE = 10  # scripts of a millisecond or two; so 10,000 who wait are checked within seconds
LOCK_S = 5


def _log_each(jobs: list[list[bytes]], words: str) -> None:
    for job_id, request_id in jobs:
        with log_context(job_id=job_id.decode(), request_id=request_id.decode()):
            log.warning(words)


class Upkeep:
    """The upkeep of all job records, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self._redis, self._scripts = redis, job_scripts(redis, "upkeep", lua)
        self._checked_to = ""

    def lock(self, worker: str, work: Key = Key.SWEEPER) -> bool:
        """Take or keep the right to this work, for LOCK_S; False where another worker has it."""
        if self._redis.set(work, worker, nx=True, ex=LOCK_S):
            return True
        return self._redis.get(work) == worker.encode() and bool(self._redis.expire(work, LOCK_S))

    def age_s(self) -> float:
        """Seconds since these records began: since this was first asked, of this Redis or one it was copied from."""
        now_s = self._redis.time()[0]
        self._redis.set(Key.BEGAN, now_s, nx=True)
        return now_s - int(self._redis.get(Key.BEGAN) or now_s)

    def sweep(self, attempts: int) -> tuple[int, int]:
        """Take back jobs whose lease ran out; gives how many were queued again and how many were given up."""
        recovered, given_up, more = 0, 0, True
        while more:
            again, ended, more = self._scripts.call("sweep", attempts, GIVEN_UP.model_dump_json(), AT_ONCE)
            _log_each(again, "taken back from a worker that died or hung")
            _log_each(ended, "given up: each attempt ended without a result")
            recovered, given_up = recovered + len(again), given_up + len(ended)
        return recovered, given_up

    def check_counts(self, most: int = CHECKS_AT_ONCE) -> int:
        """Check what is counted of those who wait, and mend it; gives how many counts were off.

        After so many scripts that found nothing, the next call goes on.
        """
        mended = fine = 0
        while fine < most:
            position, off = self._scripts.call("check_counts", self._checked_to)
            self._checked_to, mended, fine = position.decode(), mended + off, fine + (off == 0)
            if not position:
                break
        return mended

    def expire(self) -> list[str]:
        """Forget ended jobs whose time is over; gives their ids. Many are forgotten in several calls.

        Raises:
            NotConfirmedError: a failover may bring them back.
        """
        return [job_id.decode() for job_id in self._scripts.call_confirmed("expire", AT_ONCE)]

    def recount(self, most: int = RECOUNTED_AT_ONCE) -> bool:
        """Count anew how many bytes some jobs take; True after the last of all, when the sums are new."""
        return bool(self._scripts.call("recount", most))

    def adopt_webhooks(self) -> None:
        """Take over the deliveries that processes of the release before have queued."""
        self._scripts.call("adopt_webhooks")

    def refused_webhooks(self) -> int:
        """How many webhooks were not queued, since this was asked last, because too many wait."""
        return int(cast("bytes | None", self._redis.getdel(Key.REFUSED_WEBHOOKS)) or 0)

    def given_up(self) -> list[Job]:
        """The jobs that were given up after too many attempts, the oldest first."""
        return read_jobs(self._redis, cast(list[bytes], self._redis.zrange(Key.GIVEN_UP, 0, -1)))

    def missing_wakeups(self) -> dict[Stage, int]:
        """How many jobs wait for each stage that has no message left in its queue."""
        return dict(zip(Stage, self._scripts.call("missing_wakeups"), strict=True))
