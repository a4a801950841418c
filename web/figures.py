"""Figures that Redis has for Prometheus: how much waits, how long it takes, what was lost and found again.

They are asked at each scrape, so that every front tells the same, whichever processes died meanwhile.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError, ResponseError

from shared.jobs.problems import OURS
from shared.jobs.record import ENDS, Stage
from shared.jobs.space import Space
from shared.jobs.statistics import Statistics
from shared.jobs.workers import Workers
from shared.redis.connection import Client
from shared.redis.reserve import reserve_is_gone
from shared.settings import LimitSettings
from shared.storage.base import Storage
from web.intake.space import left_bytes
from web.rising import Rising

log = logging.getLogger(__name__)

BY_STAGE = {  # counter in Redis -> metric, help
    "done": ("relief_runs_done", "Runs of a stage whose results count."),
    "seconds": (
        "relief_run_seconds",
        "Seconds of workers' time in runs whose results count; in a batch each its part.",
    ),
    "batches": ("relief_batches", "Claims of one or more jobs at once."),
    "claimed": ("relief_claimed", "Jobs claimed; with relief_batches, the size of a batch."),
    "recovered": ("relief_recovered", "Jobs taken back from workers that died or hung."),
    "put_off": ("relief_put_off", "Runs that storage refused their files, so that the job waits."),
    "retried": ("relief_retried", "Jobs handed back for another attempt."),
}

BY_REASON = {  # counter in Redis -> metric, help, its label, and what it says from the beginning on, which is 0:
    # Prometheus sees an increase only of what was there before
    "ended": ("relief_jobs_ended", "Jobs that ended; one that runs again ends again.", "state", ENDS),
    "failed": ("relief_jobs_failed", "Jobs that failed.", "reason", [problem.type for problem in OURS]),
    "webhooks_refused": (
        "relief_webhooks_refused",
        "Webhooks not sent, by what has as many waiting as it may.",
        "reason",
        ["group", "host"],
    ),
}


class RedisFigures(Collector):
    """Whether and how quickly Redis answers, and what others tell of what it knows."""

    def __init__(self, redis: Client, *others: Collector) -> None:
        self._redis, self._others = redis, others

    def collect(self) -> Iterator[Metric]:
        """All that Redis tells; where it does not answer, that alone."""
        try:
            told = self._told()
        except RedisError as error:
            log.warning("no figures of the queue, redis does not answer: %s", error)
            told = []
        yield GaugeMetricFamily("relief_redis_up", "1 where Redis answers this process, else 0.", value=bool(told))
        yield from told

    def _told(self) -> Sequence[Metric]:
        began_s = time.monotonic()
        self._redis.ping()
        ping_s = time.monotonic() - began_s
        return [
            GaugeMetricFamily("relief_redis_ping_seconds", "How long Redis took to answer just now.", value=ping_s),
            GaugeMetricFamily(
                "relief_redis_reserve_gone",
                "1 where the disk of Redis is full, so that nothing new is taken.",
                value=reserve_is_gone(self._redis),
            ),
            *self._replicas(),
            *(metric for other in self._others for metric in other.collect()),
        ]

    def _replicas(self) -> Iterator[Metric]:
        needed = "Replicas that must have a change before it is acknowledged."
        yield GaugeMetricFamily("relief_redis_replicas_needed", needed, value=self._redis.replicas)
        try:
            told = self._redis.info("replication")
        except ResponseError:  # services of others may forbid the question
            return
        online = [one for one in told.values() if isinstance(one, dict) and one.get("state") == "online"]
        yield GaugeMetricFamily("relief_redis_replicas", "Replicas that follow Redis.", value=len(online))


class QueueFigures(Collector):
    """Reads the figures of the queue from the statistics."""

    def __init__(self, statistics: Statistics, workers: Workers, rising: Rising) -> None:
        self._statistics, self._workers, self._rising = statistics, workers, rising

    def collect(self) -> Iterator[Metric]:
        """Gauges of what is now, counters of what has been."""
        yield from self._gauges()
        yield from self._counters()

    def _gauges(self) -> Iterator[Metric]:
        waiting = _gauge("relief_jobs_waiting", "Jobs that wait for a stage.")
        oldest = _gauge("relief_oldest_wait_seconds", "How long the first in line has waited.")
        work = _gauge("relief_waiting_work_seconds", "Waiting jobs times what one costs: for an autoscaler.")
        alive = _gauge("relief_workers_alive", "Workers heard of lately.")
        for stage, known in self._statistics.by_stage().items():
            waiting.add_metric([stage], known.waiting)
            oldest.add_metric([stage], self._statistics.oldest_wait_s(stage))
            work.add_metric([stage], known.waiting * (known.cost_s or 0))
            alive.add_metric([stage], len(known.workers))
        yield from (waiting, oldest, work, alive)
        memory = GaugeMetricFamily(
            "relief_gpu_memory_bytes", "GPU memory in use, as the workers say.", labels=["worker"]
        )
        for worker, used in self._workers.gpu_memory().items():
            memory.add_metric([worker], used)
        yield memory

    def _counters(self) -> Iterator[Metric]:
        counters = self._rising.of(self._statistics.counters())
        yield CounterMetricFamily("relief_jobs_accepted", "Jobs accepted.", value=counters.get("accepted", 0))
        for kind, (metric, words, label, expected) in BY_REASON.items():
            family = CounterMetricFamily(metric, words, labels=[label])
            counted = {name.partition(":")[2]: value for name, value in counters.items() if name.startswith(f"{kind}:")}
            for name, value in (dict.fromkeys(expected, 0.0) | counted).items():
                family.add_metric([name], value)
            yield family
        for kind, (metric, words) in BY_STAGE.items():
            family = CounterMetricFamily(metric, words, labels=["stage"])
            for stage in Stage:
                family.add_metric([stage], counters.get(f"{kind}:{stage}", 0))
            yield family


class StorageFigures(Collector):
    """What jobs take of the storage, and what they may still take."""

    def __init__(self, space: Space, storage: Storage, settings: LimitSettings) -> None:
        self._space, self._storage, self._settings = space, storage, settings

    def collect(self) -> Iterator[Metric]:
        """Both; only the former while storage does not answer."""
        counted, coming = self._space.counted()
        stored = "Bytes of all jobs, with the results that are to come."
        yield GaugeMetricFamily("relief_storage_bytes", stored, value=counted)
        try:
            free = self._storage.free_bytes()
        except OSError as error:
            log.warning("storage does not say what is free: %s", error)
            return
        left = left_bytes(free - coming, counted, self._settings) - self._settings.free_gb * 1e9
        words = "Bytes that new jobs may take, with the results that are to come of them; below 0 none is taken."
        yield GaugeMetricFamily("relief_storage_left_bytes", words, value=left)


def _gauge(name: str, words: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=["stage"])
