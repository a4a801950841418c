"""What the service knows of its queue: what waits, how long, and how quick the stages are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from redis import Redis

from shared.jobs.keys import Key
from shared.jobs.record import Job, Stage
from shared.jobs.scripts import LUA, job_scripts
from shared.jobs.workers import ALIVE_S

LISTED = 200
"""Waiting jobs of a stage that are listed one by one. To list one costs Redis some us, and to simulate it some 10."""


@dataclass(frozen=True)
class StageStatistics:
    """Names of a stage's workers, jobs waiting, and seconds of a worker's time for a job, if one ran.

    In a batch of eight, each job costs an eighth of its time.
    """

    workers: frozenset[bytes]
    waiting: int
    cost_s: float | None


@dataclass(frozen=True)
class QueuedJob:
    """A job that waits for `steps[0]`, or is at it, and then goes on to the others."""

    id: str
    owner: str
    group: str
    steps: tuple[Stage, ...]


@dataclass(frozen=True)
class RunningJob(QueuedJob):
    """A job in a run of a worker: how long, and how long it was expected to take when it began, in seconds, if known.

    All jobs of a run began together and end together.
    """

    worker: str
    run: str
    elapsed_s: float
    expected_s: float | None


@dataclass(frozen=True)
class Others:
    """Jobs that wait for a stage behind those that are listed.

    of_listed: how many of each group that has jobs in the list. groups, jobs: how many groups have none in it, and how
    many jobs these have.
    """

    of_listed: dict[str, int]
    groups: int
    jobs: int


@dataclass(frozen=True)
class Queue:
    """All jobs at one moment: those that wait, as they take turns, and those that run.

    Of those that wait for a stage, `waiting` lists the first, and `others` counts the rest, if there are any.

    now_ms: by Redis's clock. costs_s: of each stage that has run, seconds of a worker's time for a job. workers: the
    names of each stage's.
    """

    now_ms: float
    costs_s: dict[Stage, float]
    workers: dict[Stage, frozenset[bytes]]
    waiting: tuple[QueuedJob, ...]
    running: tuple[RunningJob, ...]
    others: dict[Stage, Others] = field(default_factory=dict)

    def waiting_for(self, stage: Stage) -> int:
        """How many jobs wait for the stage."""
        others = self.others.get(stage, Others({}, 0, 0))
        return sum(job.steps[0] == stage for job in self.waiting) + sum(others.of_listed.values()) + others.jobs


class Statistics:
    """Figures of all jobs, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self._redis, self._scripts = redis, job_scripts(redis, "statistics", lua)

    def by_stage(self) -> dict[Stage, StageStatistics]:
        """The statistics of every stage, at one moment."""
        rows = self._scripts.call("by_stage", ALIVE_S)
        return {stage: _stage_statistics(*row) for stage, row in zip(Stage, rows, strict=True)}

    def queue(self, most: int = LISTED) -> Queue:
        """The jobs that wait or run, at one moment; of those that wait for a stage, so many are listed."""
        now, costs, workers, waiting, others, running = self._scripts.call("queue", ALIVE_S, most)
        return Queue(
            now_ms=float(now),
            costs_s={stage: float(cost) for stage, cost in zip(Stage, costs, strict=True) if cost},
            workers={stage: frozenset(names) for stage, names in zip(Stage, workers, strict=True)},
            waiting=tuple(QueuedJob(**_queued(row)) for row in waiting),
            running=tuple(_running(row, float(now)) for row in running),
            others={stage: _others(row) for stage, row in zip(Stage, others, strict=True) if row != [0, 0]},
        )

    def oldest_wait_s(self, stage: Stage) -> float:
        """How long the job that waits longest for the stage has waited; 0 where none waits."""
        return float(self._scripts.call("oldest_wait", stage)) / 1000

    def jobs_before(self, job: Job) -> int | None:
        """How many jobs will be taken before this one; None where it is not waiting."""
        return cast("int | None", self._scripts.call("jobs_before", job.id))

    def jobs_before_each(self, jobs: Sequence[Job]) -> dict[str, int | None]:
        """The same of several jobs, by their ids."""
        ids = [job.id for job in jobs]
        return dict(zip(ids, self._scripts.call_each("jobs_before", ids), strict=True))

    def counters(self) -> dict[str, float]:
        """Sums since the records began: accepted, done:<stage>, seconds:<stage>, batches:<stage>, failed:<type>, ..."""
        sums = cast(dict[bytes, bytes], self._redis.hgetall(Key.COUNTERS))
        return {name.decode(): float(value) for name, value in sums.items()}


def _stage_statistics(cost_s: bytes, waiting: int, workers: list[bytes]) -> StageStatistics:
    return StageStatistics(frozenset(workers), waiting, float(cost_s) if cost_s else None)


def _queued(row: list[bytes]) -> dict[str, Any]:
    job_id, owner, group, stage, steps = (text.decode() for text in row[:5])
    following = [Stage(step) for step in json.loads(steps)]
    return {"id": job_id, "owner": owner, "group": group, "steps": tuple(following[following.index(Stage(stage)) :])}


def _others(row: list[Any]) -> Others:
    *listed, groups, jobs = row
    return Others({group.decode(): count for group, count in zip(listed[::2], listed[1::2], strict=True)}, groups, jobs)


def _running(row: list[bytes], now_ms: float) -> RunningJob:
    worker, run, started_ms, expected_s = (text.decode() for text in row[5:])
    return RunningJob(
        **_queued(row),
        worker=worker,
        run=run,
        elapsed_s=max(0.0, (now_ms - float(started_ms)) / 1000),
        expected_s=float(expected_s) if expected_s else None,
    )
