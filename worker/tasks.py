"""Celery's tasks: each only looks for work of its stage."""

from __future__ import annotations

from functools import cache

from shared.jobs.record import Stage
from shared.jobs.store import JobStore
from shared.jobs.wakeups import Hints, connect, task_name
from shared.storage import storage_from
from worker.app import app, settings, stopping
from worker.stages.worker import Worker


@cache
def worker() -> Worker:
    """This process's worker; made after the fork."""
    return Worker(
        JobStore(connect(settings.redis_url)), storage_from(settings), Hints(app), settings, stopping=stopping.is_set
    )


@app.task(name=task_name(Stage.DEPTH))
def depth() -> None:
    """Estimate the depth of photos that wait; safe to run twice, and in vain."""
    worker().work(Stage.DEPTH)


@app.task(name=task_name(Stage.MODEL))
def model() -> None:
    """Build a 3D model that waits; safe to run twice, and in vain."""
    worker().work(Stage.MODEL)


@app.task(name=task_name(Stage.EXPORT))
def export() -> None:
    """Write the meshes of a model that waits; safe to run twice, and in vain."""
    worker().work(Stage.EXPORT)
