"""Finds what was lost (jobs of dead workers, wake-ups, files without a job), and removes what has expired or is left.

Every worker runs this beside its work; a lock in Redis lets one at a time do it, and passes on when that one dies.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from itertools import islice

from redis import Redis
from redis.exceptions import RedisError

from shared.jobs.jobs import Jobs
from shared.jobs.keys import Key
from shared.jobs.upkeep import Upkeep
from shared.jobs.wakeups import WakeUps
from shared.logs import log_context
from shared.removals import Removals
from shared.storage import say_if_away
from shared.storage.base import Storage

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 1.0
ORPHANS_EVERY_S = 60.0
RECOUNT_EVERY_S = 600.0
RECOUNTS_AT_ONCE = 10  # scripts of some milliseconds; so 100,000 jobs are counted within a minute
ORPHAN_AGE_S = 600.0  # an upload writes its photo seconds before its record
LISTED_AT_ONCE = 5000  # some 0.1 ms each, and five requests to a bucket
WAKEUPS_AT_ONCE = 8


class Sweeper:
    """Sweeps once a second, records and files each from a thread: storage may take long to say that it refuses."""

    def __init__(
        self, redis: Redis, storage: Storage, wakeups: WakeUps, *, attempts: int, worker: str, retention_s: float = 0
    ) -> None:
        self._jobs, self._upkeep = Jobs(redis), Upkeep(redis)
        self._storage, self._removals, self._wakeups = storage, Removals(redis, storage), wakeups
        self._attempts, self._worker, self._retention_s = attempts, worker, retention_s
        self._orphans_due = self._recount_due = 0.0
        self._listing = storage.job_ids()

    def start(self) -> None:
        """Begin; ends with the process."""
        for name, sweep in (("sweeper", self.sweep_records), ("deletions", self.sweep_files)):
            threading.Thread(target=_for_ever, args=(sweep,), name=name, daemon=True).start()
        threading.Thread(target=say_if_away, args=(self._storage,), daemon=True).start()

    def sweep(self) -> None:
        """One round of all, of what this process has the lock for."""
        self.sweep_records()
        self.sweep_files()

    def sweep_records(self) -> None:
        """Find jobs of dead workers, wake-ups and webhooks that are missing, and wrong counts."""
        self.check_counts()
        if not self._upkeep.lock(self._worker):
            return
        self._upkeep.sweep(self._attempts)
        for stage, missing in self._upkeep.missing_wakeups().items():
            for _ in range(min(missing, WAKEUPS_AT_ONCE)):
                self._wakeups.send(stage)
        self._upkeep.adopt_webhooks()
        if refused := self._upkeep.refused_webhooks():
            log.warning("%d webhooks will not be sent: too many of their users, or to their hosts, wait", refused)
        if time.monotonic() >= self._recount_due and any(self._upkeep.recount() for _ in range(RECOUNTS_AT_ONCE)):
            self._recount_due = time.monotonic() + RECOUNT_EVERY_S

    def sweep_files(self) -> None:
        """Delete what has expired, what storage refused to delete before, and files without a job."""
        if not self._upkeep.lock(self._worker):
            return
        self.delete_expired()
        self._removals.retry()
        if time.monotonic() >= self._orphans_due:
            self._orphans_due = time.monotonic() + ORPHANS_EVERY_S
            self.delete_orphans()

    def check_counts(self) -> None:
        """Mend what is counted of the waiting jobs, under a lock of its own: those of the release before have none."""
        if self._upkeep.lock(self._worker, Key.COUNTS_CHECKER) and (mended := self._upkeep.check_counts()):
            log.warning("mended %d counts of waiting jobs, as beside workers of the release before", mended)

    def delete_expired(self) -> list[str]:
        """Delete the jobs whose time is over, with their files; gives their ids."""
        expired = self._upkeep.expire()
        for job_id in expired:
            with log_context(job_id=job_id):
                self._removals.remove(job_id)
                log.info("expired")
        return expired

    def delete_orphans(self) -> list[str]:
        """Delete the files of jobs that have no record, once they are old enough; gives their ids.

        Files from before the records began may be those of a Redis that was lost, and whose backup is still to be
        restored: they stay until the retention has passed, after which a job with a record would be deleted too.
        Each round looks at the next jobs of the storage, so that its cost is the same however many there are.
        """
        looked_at = list(islice(self._listing, LISTED_AT_ONCE))
        if len(looked_at) < LISTED_AT_ONCE:
            self._listing = self._storage.job_ids()
        lost = self._jobs.missing(looked_at)
        records_age_s = self._upkeep.age_s()
        oldest_s = math.inf if records_age_s >= self._retention_s else records_age_s
        orphans = [job_id for job_id in lost if ORPHAN_AGE_S < self._storage.age_s(job_id) < oldest_s]
        for job_id in orphans:
            with log_context(job_id=job_id):
                log.info("deleting the files of a job that has no record")
                self._removals.remove(job_id)
        return orphans


def _for_ever(sweep: Callable[[], None]) -> None:
    while True:
        try:
            sweep()
        except RedisError as error:
            log.warning("sweep put off, redis does not answer: %s", error)
        except OSError:
            log.exception("sweep put off, storage does not answer")
        time.sleep(SWEEP_EVERY_S)
