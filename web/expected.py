"""What a job says of the time: when it will have ended, and how much of it is done by now."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from shared.jobs.record import Job, State, overall_progress
from shared.jobs.statistics import LISTED, Queue, Statistics
from shared.redis.clock import RedisClock
from web.forecast import Forecast, forecast

REMEMBERED_S = 0.5
PAUSE = 20.0  # times what a forecast took is the time until another
PAUSE_OF_NEW = 4.0  # the same, for the sake of a job that was not there yet
LONGEST_WAIT_S = 0.5  # for another thread that asks; then the earlier forecast has to do
LEAST_S = 0.1  # is left of what has not ended
DONE_AS_EXPECTED = 0.95  # of a run is said to be done when it has taken as long as was expected
MOST_PROGRESS = 0.99  # of what has not ended
PROGRESS_EVERY_S = 0.5  # does time move it: else each long-poll of a running job would be answered at once


@dataclass(frozen=True)
class _Known:
    """A forecast, and the ids of the jobs that it is of; when it was asked for, and what that took."""

    forecast: Forecast
    ids: frozenset[str] = frozenset()
    asked_s: float = -1e9
    took_s: float = 0.0


class Expected:
    """The forecast of all jobs, made at most twice a second, however many clients poll, and anew for a new job."""

    def __init__(self, statistics: Statistics, clock: RedisClock, most_in_batch: int) -> None:
        self._statistics, self._clock, self._most_in_batch = statistics, clock, most_in_batch
        self._lock = threading.Lock()
        self._known = _Known(forecast(Queue(0.0, {}, {}, (), ()), most_in_batch))

    def seconds(self, job: Job, before: int | None = None) -> float | None:
        """Seconds until a job ends, to a tenth; None, and `before`, as for `end_ms`."""
        end_ms = self.end_ms(job, before)
        return None if end_ms is None else round(max(LEAST_S, (end_ms - self._clock.now_ms()) / 1000), 1)

    def end_ms(self, job: Job, before: int | None = None) -> float | None:
        """When a job will have ended, by Redis's clock.

        None after its end, and where that is unknown: before any run, without a worker. before: how many jobs go before
        one that waits.
        """
        if job.ended or (job.state is State.QUEUED and job.put_off_ms):
            return None
        if self._is_old_for(job, before) and self._lock.acquire(timeout=LONGEST_WAIT_S):
            try:
                if self._is_old_for(job, before):  # still, now that no other thread asks
                    self._known = self._made()
            finally:
                self._lock.release()
        known = self._known.forecast
        end_s = known.end_s(job.id, job.steps[job.steps.index(job.stage) :], before)
        return None if end_s is None else known.queue.now_ms + 1000 * end_s

    def progress(self, job: Job) -> float:
        """How much of a job is done, 0..1: what its worker recorded, and by the time that its run has taken."""
        if job.state is not State.RUNNING or job.started_ms is None or not job.expected_s:
            return job.progress
        run_s = max(0.0, (self._clock.now_ms() - job.started_ms) / 1000) // PROGRESS_EVERY_S * PROGRESS_EVERY_S
        times = run_s / job.expected_s
        in_time = DONE_AS_EXPECTED * times if times < 1 else 1 - (1 - DONE_AS_EXPECTED) / times
        return round(min(MOST_PROGRESS, max(job.progress, overall_progress(job, in_time))), 4)

    def _is_old_for(self, job: Job, before: int | None) -> bool:
        is_known = job.id in self._known.ids or (before is not None and before >= LISTED)
        remembered_s, pause = (REMEMBERED_S, PAUSE) if is_known else (0.0, PAUSE_OF_NEW)
        return time.monotonic() - self._known.asked_s >= max(remembered_s, pause * self._known.took_s)

    def _made(self) -> _Known:
        asked_s = time.monotonic()
        queue = self._statistics.queue()
        made = forecast(queue, self._most_in_batch)
        ids = frozenset(job.id for job in (*queue.waiting, *queue.running))
        return _Known(made, ids, asked_s, time.monotonic() - asked_s)
