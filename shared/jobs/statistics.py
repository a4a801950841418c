"""What the service knows of its queue: what waits, how long, and how quick the stages are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from redis import Redis

from shared.jobs.keys import Key
from shared.jobs.record import Job, Stage
from shared.jobs.scripts import LUA, job_scripts
from shared.jobs.workers import ALIVE_S


@dataclass(frozen=True)
class StageStatistics:
    """Names of a stage's workers, jobs waiting and running, and how quick its latest runs were, if any.

    run_s: seconds from the claim of a job to its end, the median. cost_s: seconds of a worker's time for each job, the
    mean: in a batch of eight, each job runs for as long as all of them, and costs an eighth of it.
    """

    workers: frozenset[bytes]
    waiting: int
    running: int
    run_s: float | None
    cost_s: float | None


class Statistics:
    """Figures of all jobs, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self._redis, self._scripts = redis, job_scripts(redis, "statistics", lua)

    def by_stage(self) -> dict[Stage, StageStatistics]:
        """The statistics of every stage, at one moment."""
        rows = self._scripts.call("by_stage", ALIVE_S)
        return {stage: _stage_statistics(*row) for stage, row in zip(Stage, rows, strict=True)}

    def oldest_wait_s(self, stage: Stage) -> float:
        """How long the job that waits longest for the stage has waited; 0 where none waits."""
        return float(self._scripts.call("oldest_wait", stage)) / 1000

    def jobs_before(self, job: Job) -> int | None:
        """How many jobs will be taken before this one; None where it is not waiting."""
        return cast("int | None", self._scripts.call("jobs_before", job.id))

    def counters(self) -> dict[str, float]:
        """Sums since the records began: accepted, done:<stage>, seconds:<stage>, batches:<stage>, failed:<type>, ..."""
        sums = cast(dict[bytes, bytes], self._redis.hgetall(Key.COUNTERS))
        return {name.decode(): float(value) for name, value in sums.items()}


def _stage_statistics(run_s: bytes, cost_s: bytes, waiting: int, running: int, workers: list[bytes]) -> StageStatistics:
    measured = (float(seconds) if seconds else None for seconds in (run_s, cost_s))
    return StageStatistics(frozenset(workers), waiting, running, *measured)
