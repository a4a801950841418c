"""The Celery app of the workers: `celery -A worker.app worker -Q depth` (or `-Q model,head,export`)."""

from __future__ import annotations

from shared.jobs.record import Stage
from shared.jobs.wakeups import celery_app
from shared.settings import Settings
from worker.stages.depth import LONGEST_TASK_S

settings = Settings.from_environment()
app = celery_app(settings.redis_url)
app.conf.update(
    imports=("worker.tasks", "worker.lifecycle"),
    worker_concurrency=1,
    task_soft_time_limit=settings.stage_limit_s + LONGEST_TASK_S,
    task_time_limit=settings.stage_limit_s + LONGEST_TASK_S + 10,
    worker_proc_alive_timeout=180,  # a process may take its time to load the model
    worker_soft_shutdown_timeout=20,
)


def served_stages() -> list[Stage]:
    """The stages that this worker was started for."""
    return [stage for stage in Stage if stage in app.amqp.queues.consume_from]
