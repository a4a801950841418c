"""Entry point of the workers: `celery -A worker.app worker -Q depth` (or `-Q model`)."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
import time
from typing import Any

from celery.signals import setup_logging, worker_init, worker_process_init, worker_ready, worker_shutting_down
from redis.exceptions import RedisError

from shared.errors import ModelError
from shared.jobs.record import Stage
from shared.jobs.store import JobStore
from shared.jobs.wakeups import Hints, celery_app, connect
from shared.jobs.workers import ALIVE_S, ModelInfo, Offer, Workers
from shared.logs import configure_logging
from shared.settings import Settings
from shared.storage import storage_from
from shared.webhooks.queue import Deliveries
from worker.stages.worker import LONGEST_TASK_S

log = logging.getLogger(__name__)

settings = Settings.from_environment()
app = celery_app(settings.redis_url)
stopping = multiprocessing.get_context("fork").Event()  # set by the parent process, seen by its children
app.conf.update(
    imports=("worker.tasks",),
    worker_concurrency=1,
    task_soft_time_limit=settings.stage_limit_s + LONGEST_TASK_S,
    task_time_limit=settings.stage_limit_s + LONGEST_TASK_S + 10,
    worker_proc_alive_timeout=180,  # a process may take its time to load the model
    worker_soft_shutdown_timeout=20,
)


@setup_logging.connect
def log_as_all_processes_do(**_: Any) -> None:
    """Our own format, on standard error, in place of Celery's."""
    configure_logging(settings.log_format)


@worker_init.connect
def refuse_to_start_without_a_model(**_: Any) -> None:
    """A depth worker whose model is not there says so at once, instead of failing each job."""
    from worker.depth import registry

    if Stage.DEPTH not in app.amqp.queues.consume_from:
        return
    try:
        model = registry.choose(settings.depth_model, settings.weights)
    except ModelError as error:
        raise SystemExit(f"the depth worker cannot start: {error}") from error
    if not registry.ready(model, settings.weights):
        raise SystemExit(f"the depth worker cannot start: the weights of {model.name} are not in {settings.weights}")


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """In the parent process: sweep, and say that this worker is alive."""
    from shared.webhooks.delivery import Courier
    from worker.sweeper import Sweeper

    redis = connect(settings.redis_url)
    name = f"{socket.gethostname()}:{os.getpid()}"
    sweeper = Sweeper(JobStore(redis), storage_from(settings), Hints(app), attempts=settings.attempts, worker=name)
    sweeper.start()
    Courier(Deliveries(redis), private=settings.webhook_private).start()
    stages = [stage for stage in Stage if stage in sender.app.amqp.queues.consume_from]
    threading.Thread(target=_announce_for_ever, args=(Workers(redis), stages, name), daemon=True).start()


@worker_shutting_down.connect
def take_no_more_work(**_: Any) -> None:
    """In the parent process, on SIGTERM: the children end what they have in hand."""
    stopping.set()


@worker_process_init.connect
def load_model(**_: Any) -> None:
    """In the child process, after the fork: threads, then the network."""
    from worker import tasks
    from worker.threads import limit_threads

    limit_threads(settings.threads)
    if Stage.DEPTH in app.amqp.queues.consume_from:
        tasks.worker().warm_up()


def _announce_for_ever(workers: Workers, stages: list[Stage], name: str) -> None:
    while True:
        try:
            for stage in stages:
                workers.announce(stage, name)
            if Stage.DEPTH in stages:
                workers.offer(_offer())
        except RedisError as error:
            log.warning("not announced, redis does not answer: %s", error)
        time.sleep(ALIVE_S / 5)


def _offer() -> Offer:
    from worker.depth import registry

    rows = [registry.row(name) for name in registry.names()]
    models = (
        ModelInfo(row.name, row.title, row.unit, row.licence, registry.ready(row, settings.weights)) for row in rows
    )
    return Offer(tuple(models), registry.choose(settings.depth_model, settings.weights).name)
