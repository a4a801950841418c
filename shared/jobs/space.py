"""Space on storage: reserved before files are written; and what everyone, an owner and a client group take of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from shared.jobs.keys import Key
from shared.jobs.scripts import LUA, job_scripts

RESERVED_S = 120  # then a reservation ends by itself; to store a photo takes seconds


@dataclass(frozen=True)
class Usage:
    """Bytes of the storage, at one moment.

    reserved: for files that are about to be written. all, owner, group: of stored jobs, those that wait or run with the
    results that they are expected to have, and of reservations; open_jobs: how many wait or run.
    """

    reserved: int
    open_jobs: int
    all: int
    owner: int
    group: int


class Space:
    """Reservations and usage, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self._redis, self._scripts = redis, job_scripts(redis, "space", lua)

    def reserve(self, job_id: str, owner: str, group: str, size_bytes: int) -> Usage:
        """Reserve space for a job, in place of an earlier reservation for it; gives the usage with it.

        It counts no reservation that comes after this one: of many at once, those that come first may find room.
        """
        return Usage(*self._scripts.call("reserve", job_id, owner, group, size_bytes, RESERVED_S * 1000))

    def release(self, job_id: str) -> None:
        """End the reservation for a job: its record counts now, or nothing was written."""
        with self._redis.pipeline() as pipe:
            pipe.zrem(Key.RESERVED_UNTIL, job_id)
            pipe.hdel(Key.RESERVED, job_id)
            pipe.execute()
