"""Progress of a whole job from that of its stages."""

from __future__ import annotations

from shared.jobs.record import Job, Stage

SHARES = {Stage.DEPTH: 0.5, Stage.MODEL: 0.2, Stage.EXPORT: 0.3}  # of the wait for a job of all steps, as measured


def overall_progress(job: Job, fraction: float) -> float:
    """Progress of the whole job, 0..1, when `fraction` of its present stage is done."""
    before, whole = _shares(job)
    return (before + fraction * SHARES[job.stage]) / whole


def stage_progress(job: Job) -> float:
    """How much of its present stage a job has done, 0..1; the other way round."""
    before, whole = _shares(job)
    return min(1.0, max(0.0, (job.progress * whole - before) / SHARES[job.stage]))


def _shares(job: Job) -> tuple[float, float]:
    """The shares of the stages behind the job, and of all its stages."""
    before = sum(SHARES[step] for step in job.steps[: job.steps.index(job.stage)])
    return before, sum(SHARES[step] for step in job.steps)
