"""When a job will have ended: a guess from how quick its stages have been, and what waits before it."""

from __future__ import annotations

from shared.jobs import Job, State, stage_progress
from shared.store import JobStore


def expected_seconds(job: Job, before: int | None, store: JobStore) -> float | None:
    """Seconds until the job ends: what is left of its own runs, and the slowest of the queues that it goes through.

    While it waits in one queue the others get shorter, so that their times do not add up.

    Args:
        job: the job.
        before: jobs that are claimed before it; None where it is not waiting.
        store: tells how the stages get on.
    Returns:
        None at the job's end, and where a stage that it needs has not run yet or has no worker.
    """
    if job.ended:
        return None
    stages = job.steps[job.steps.index(job.stage) :]
    runs_s = queue_s = 0.0
    others = 0.0 if before is None else before + 0.5  # what runs just now is half done, in the mean
    for stage, pace in zip(stages, store.paces(stages), strict=True):
        if pace.run_s is None or pace.cost_s is None or not pace.workers:
            return None
        here = stage is job.stage
        runs_s += pace.run_s * (1.0 - stage_progress(job) if here and job.state is State.RUNNING else 1.0)
        others += 0 if here else pace.waiting
        queue_s = max(queue_s, others * pace.cost_s / pace.workers)
    return round(runs_s + queue_s, 1)
