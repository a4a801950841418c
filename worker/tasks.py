"""Celery's tasks: each only looks for work of its stage."""

from __future__ import annotations

import multiprocessing
from functools import cache

from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps, task_name
from shared.redis.connection import connect
from shared.storage import storage_from
from worker.app import app, served_stages, settings
from worker.stages.runner import StageRunner

stopping = multiprocessing.get_context("fork").Event()  # set by the parent process, seen by its children


@cache
def runner() -> StageRunner:
    """This process's runner; made after the fork."""
    redis = connect(settings.redis_url)
    storage, wakeups = storage_from(settings), WakeUps(app)
    return StageRunner(redis, storage, wakeups, settings, stopping=stopping.is_set, serves=served_stages())


@app.task(name=task_name(Stage.DEPTH))
def depth() -> None:
    """Estimate the depth of photos that wait; safe to run twice, and in vain."""
    runner().run(Stage.DEPTH)


@app.task(name=task_name(Stage.MODEL))
def model() -> None:
    """Build a 3D model that waits; safe to run twice, and in vain."""
    runner().run(Stage.MODEL)


@app.task(name=task_name(Stage.HEAD))
def head() -> None:
    """Build a whole head that waits; safe to run twice, and in vain."""
    runner().run(Stage.HEAD)


@app.task(name=task_name(Stage.EXPORT))
def export() -> None:
    """Write the meshes of a model that waits; safe to run twice, and in vain."""
    runner().run(Stage.EXPORT)
