"""What a worker does when it starts and stops: warm up, sweep, say that it is alive. Celery's signals call it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from celery.signals import (
    celeryd_init,
    setup_logging,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)
from redis import Redis
from redis.exceptions import RedisError

from shared.errors import ModelError, SettingsError
from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps
from shared.jobs.workers import ALIVE_S, ModelInfo, Offer, Workers, process_name
from shared.logs import configure_logging
from shared.redis.connection import connect
from shared.storage import storage_from
from shared.webhooks.delivery import WebhookSender
from shared.webhooks.queue import DeliveryQueue
from worker import tasks
from worker.app import app, served_stages, settings
from worker.depth import registry
from worker.devices import limit_threads
from worker.memory import keep_freed_memory
from worker.sweeper import Sweeper

log = logging.getLogger(__name__)


@celeryd_init.connect  # before Celery's first warning
@setup_logging.connect
def log_as_all_processes_do(**_: Any) -> None:
    """Our own format, on standard error, in place of Celery's."""
    configure_logging(settings.log_format)


@worker_init.connect
def refuse_to_start_without_a_model(**_: Any) -> None:
    """A depth worker whose model is not there says so at once, instead of failing each job."""
    if Stage.DEPTH not in served_stages():
        return
    try:
        registry.loadable(settings.depth_model, settings.weights, settings.depth_backend)
    except ModelError as error:
        raise SystemExit(f"the depth worker cannot start: {error}") from error


@worker_init.connect
def refuse_to_start_without_a_storage(**_: Any) -> None:
    """A worker whose settings of storage cannot be used says so at once; Celery would only log it."""
    try:
        storage_from(settings)
    except SettingsError as error:
        raise SystemExit(f"the worker cannot start: {error}") from error


@worker_ready.connect
def begin(**_: Any) -> None:
    """In the parent process: sweep, deliver webhooks, and say that this worker is alive."""
    redis = connect(settings.redis_url)
    Sweeper(
        redis,
        storage_from(settings),
        WakeUps(app),
        attempts=settings.attempts,
        worker=process_name(),
        retention_s=settings.retention_h * 3600,
    ).start()
    WebhookSender(DeliveryQueue(redis), private=settings.webhook_private).start()
    if Stage.DEPTH in served_stages():
        _warn_of_what_cannot_run()
    threading.Thread(
        target=_announce_for_ever, args=(redis, served_stages()), name="announcements", daemon=True
    ).start()


@worker_shutting_down.connect
def take_no_more_work(**_: Any) -> None:
    """In the parent process, on SIGTERM: the children end what they have in hand."""
    tasks.stopping.set()


@worker_process_init.connect
def load_model(**_: Any) -> None:
    """In the child process, after the fork: memory, threads, then the network."""
    keep_freed_memory()
    limit_threads(settings.threads)
    if Stage.DEPTH in served_stages():
        tasks.runner().warm_up()


def _warn_of_what_cannot_run() -> None:
    """Name the networks that lie in the weights folder for workers with torch alone: any worker may get their jobs."""
    for row in registry.ROWS.values():
        if row.weights.present(settings.weights) and (lack := row.lacks(settings.weights)):
            log.warning("jobs with %s fail at this worker: %s", row.name, lack)


def _announce_for_ever(redis: Redis, stages: Sequence[Stage]) -> None:
    workers, name = Workers(redis), process_name()
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
    models = (
        ModelInfo(row.name, row.title, row.unit, row.licence, not row.lacks(settings.weights), row.non_commercial)
        for row in registry.ROWS.values()
    )
    default = registry.choose(settings.depth_model, settings.weights, settings.depth_backend)
    return Offer(tuple(models), default.name)
