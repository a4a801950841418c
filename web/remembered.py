"""Job records that were read lately: of one that is asked for again, Redis is asked for its version alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

from redis import Redis

from shared.jobs.fields import not_found
from shared.jobs.jobs import Jobs
from shared.jobs.keys import Key
from shared.jobs.record import Job
from shared.jobs.scripts import LUA

KEPT = 500  # records; one with all results takes some 20 kB


class RememberedJobs(Jobs):
    """All job records, as `Jobs` reads them; every change of a record changes its version."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        super().__init__(redis, lua)
        self._record = lru_cache(KEPT)(self._read)

    def get(self, job_id: str) -> Job:
        """The job record.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        version = cast("bytes | None", self._redis.hget(f"{Key.JOB}{job_id}", "version"))
        if version is None:
            raise not_found(job_id)
        return self._record(job_id, version)

    def get_all(self, job_ids: Sequence[str]) -> list[Job]:
        """The records of those jobs that still exist."""
        with self._redis.pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hget(f"{Key.JOB}{job_id}", "version")
            versions = dict(zip(job_ids, pipe.execute(), strict=True))
        return [self._record(job_id, version) for job_id, version in versions.items() if version is not None]

    def _read(self, job_id: str, _version: bytes) -> Job:
        return super().get(job_id)
