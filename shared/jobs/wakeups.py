"""Celery as both sides know it: its settings, the names of its tasks, and the messages that wake workers up.

A message carries no work order, only "look for work of this stage": the order itself is in the job record. So a lost,
late or repeated message costs nothing but time, and the sweeper sends another.
"""

from __future__ import annotations

import logging

from celery import Celery
from kombu.exceptions import OperationalError
from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from redis.exceptions import RedisError

from shared.jobs.record import Stage
from shared.redis.connection import CONNECT_TIMEOUT_S, SOCKET_TIMEOUT_S
from shared.redis.sentinels import sentinel_options
from shared.redis_url import RedisAddress

log = logging.getLogger(__name__)


def task_name(stage: Stage) -> str:
    """Name of the Celery task that looks for work of a stage."""
    return f"relief.{stage}"


TRANSPORT = {
    "visibility_timeout": 30,  # a message only wakes up: what counts is the job's lease
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 5,
    "socket_timeout": SOCKET_TIMEOUT_S,
    "socket_connect_timeout": CONNECT_TIMEOUT_S,
    "socket_keepalive": True,
    "health_check_interval": 5,
}
CELERY = {
    "broker_transport_options": TRANSPORT,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "task_routes": {task_name(stage): {"queue": str(stage)} for stage in Stage},
}


class Unacknowledged(kombu_redis.QoS):
    """The messages that a worker has taken and not acknowledged; as many as it may have, and it takes no other.

    kombu keeps one whose acknowledgement Redis did not take in time, and the worker would wait for ever.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge one; where Redis does not take it, it comes once more, which costs nothing but time."""
        try:
            super().ack(delivery_tag)
        finally:
            virtual.QoS.ack(self, delivery_tag)


kombu_redis.Channel.QoS = Unacknowledged


def celery_app(redis_url: str) -> Celery:
    """The Celery application; both sides make theirs here, so that they agree."""
    address = RedisAddress.of(redis_url)
    app = Celery("relief", broker=address.broker_url)
    app.conf.update(CELERY)
    if address.sentinels:
        found = {"master_name": address.primary, "sentinel_kwargs": sentinel_options(address)}
        app.conf.broker_transport_options = TRANSPORT | found
    return app


class WakeUps:
    """Wakes the workers of a stage up."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send(self, stage: Stage) -> None:
        """Have the stage's workers look for work. A failed send is logged and harmless: the sweeper sends again."""
        try:
            self._app.send_task(task_name(stage), retry=False, ignore_result=True)
        except (OperationalError, RedisError, OSError) as error:
            log.warning("could not send a wake-up for %s, the sweeper will: %s", stage, error)
