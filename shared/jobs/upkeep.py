"""What keeps the queue whole: jobs of dead workers, expired jobs, wake-ups that were lost, and who looks for them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import cast

from redis import Redis

from shared.jobs.fields import read_jobs
from shared.jobs.keys import Key
from shared.jobs.record import Job, Problem, Stage
from shared.jobs.scripts import LUA, job_scripts
from shared.logs import log_context

log = logging.getLogger(__name__)

EXPIRE_AT_ONCE = 100
LOCK_S = 5
GIVEN_UP = Problem(
    type="given-up",
    title="The photo could not be processed",
    detail="Each attempt ended without a result: the worker died or took too long. Try another or a smaller photo.",
)


def _log_each(jobs: list[list[bytes]], words: str) -> None:
    for job_id, request_id in jobs:
        with log_context(job_id=job_id.decode(), request_id=request_id.decode()):
            log.warning(words)


class Upkeep:
    """The upkeep of all job records, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self._redis, self._scripts = redis, job_scripts(redis, "upkeep", lua)

    def lock(self, worker: str) -> bool:
        """Take or keep the right to sweep, for LOCK_S; False where another worker has it."""
        if self._redis.set(Key.SWEEPER, worker, nx=True, ex=LOCK_S):
            return True
        return self._redis.get(Key.SWEEPER) == worker.encode() and bool(self._redis.expire(Key.SWEEPER, LOCK_S))

    def sweep(self, attempts: int) -> tuple[int, int]:
        """Take back jobs whose lease ran out; gives how many were queued again and how many were given up."""
        recovered, given_up = self._scripts.call("sweep", attempts, GIVEN_UP.model_dump_json())
        _log_each(recovered, "taken back from a worker that died or hung")
        _log_each(given_up, "given up: each attempt ended without a result")
        return len(recovered), len(given_up)

    def expire(self) -> list[str]:
        """Forget ended jobs whose time is over; gives their ids. Many are forgotten in several calls."""
        return [job_id.decode() for job_id in self._scripts.call("expire", EXPIRE_AT_ONCE)]

    def recount(self) -> None:
        """Count anew how many bytes the jobs of each owner and group take."""
        self._scripts.call("recount")

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
