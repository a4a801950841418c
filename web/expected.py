"""When a job will have ended: a guess from how quick its stages have been, and what is before it."""

from __future__ import annotations

import time
from collections import defaultdict

from shared.jobs.record import Job, Pace, Stage, stage_progress
from shared.jobs.store import JobStore

REMEMBERED_S = 0.5


class Paces:
    """How the stages get on, asked for at most twice a second, however many clients poll."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._known: tuple[float, dict[Stage, Pace]] = (-REMEMBERED_S, {})  # when, and what; changed as one

    def now(self) -> dict[Stage, Pace]:
        """The pace of each stage."""
        at_s, paces = self._known
        if time.monotonic() - at_s >= REMEMBERED_S:
            paces = dict(zip(Stage, self._store.paces(list(Stage)), strict=True))
            self._known = (time.monotonic(), paces)
        return paces


def expected_seconds(job: Job, before: int | None, paces: dict[Stage, Pace]) -> float | None:
    """Seconds until the job ends, from stage to stage: each begins when its workers have done what is before.

    Args:
        job: the job.
        before: jobs that are claimed before it; None where it is not waiting.
        paces: how the stages get on.
    Returns:
        None at the job's end, and where a stage that it needs has not run yet or has no worker.
    """
    if job.ended:
        return None
    stages = job.steps[job.steps.index(job.stage) :]
    work_s: dict[frozenset[bytes], float] = defaultdict(float)  # before this job, of workers, which may share stages
    at_s = ahead = 0.0  # when it comes to a stage, and how many come there before it
    for stage in stages:
        pace = paces[stage]
        if pace.run_s is None or pace.cost_s is None or not pace.workers:
            return None
        left = 1.0
        if stage is not job.stage:
            jobs = ahead = ahead + pace.waiting + pace.running
        elif before is not None:
            jobs, ahead = before + pace.running / 2, before + pace.running  # those that run are half done, in the mean
        else:
            jobs, ahead, left = 0.0, (pace.running - 1) / 2, 1.0 - stage_progress(job)
        work_s[pace.workers] += jobs * pace.cost_s / len(pace.workers)
        at_s = max(at_s, work_s[pace.workers]) + left * pace.run_s
    return round(at_s, 1)
