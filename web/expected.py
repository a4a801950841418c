"""When a job will have ended: a guess from how quick its stages have been, and what is before it."""

from __future__ import annotations

import time
from collections import defaultdict

from shared.jobs.record import Job, Stage, stage_progress
from shared.jobs.statistics import StageStatistics, Statistics

REMEMBERED_S = 0.5


class RecentStatistics:
    """The statistics of the stages, asked for at most twice a second, however many clients poll."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._known: tuple[float, dict[Stage, StageStatistics]] = (-REMEMBERED_S, {})  # when, and what; changed as one

    def now(self) -> dict[Stage, StageStatistics]:
        """The statistics of each stage."""
        at_s, known = self._known
        if time.monotonic() - at_s >= REMEMBERED_S:
            known = self._statistics.by_stage()
            self._known = (time.monotonic(), known)
        return known


def expected_seconds(job: Job, before: int | None, statistics: dict[Stage, StageStatistics]) -> float | None:
    """Seconds until the job ends, from stage to stage: each begins when its workers have done what is before.

    Args:
        job: the job.
        before: jobs that are claimed before it; None where it is not waiting.
        statistics: of every stage.
    Returns:
        None at the job's end, and where a stage that it needs has not run yet or has no worker.
    """
    if job.ended:
        return None
    stages = job.steps[job.steps.index(job.stage) :]
    work_s: dict[frozenset[bytes], float] = defaultdict(float)  # before this job, of workers, which may share stages
    at_s = ahead = 0.0  # when it comes to a stage, and how many come there before it
    for stage in stages:
        known = statistics[stage]
        if known.run_s is None or known.cost_s is None or not known.workers:
            return None
        left = 1.0
        if stage is not job.stage:
            jobs = ahead = ahead + known.waiting + known.running
        elif before is not None:
            # those that run are half done, in the mean
            jobs, ahead = before + known.running / 2, before + known.running
        else:
            jobs, ahead, left = 0.0, (known.running - 1) / 2, 1.0 - stage_progress(job)
        work_s[known.workers] += jobs * known.cost_s / len(known.workers)
        at_s = max(at_s, work_s[known.workers]) + left * known.run_s
    return round(at_s, 1)
