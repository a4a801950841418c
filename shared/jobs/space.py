"""Space on storage: reserved before files are written; and what everyone, an owner and a client group take of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from redis import Redis

from shared.jobs.keys import Key
from shared.jobs.record import Stage
from shared.jobs.scripts import LUA, job_scripts
from shared.options import ModelOptions

RESULT_BYTES = {  # of each stage; measured: 2.6, 0.1, 13.8 and 11.3 MB at the most, whatever the size of the photo
    Stage.DEPTH: 3_000_000,
    Stage.MODEL: 100_000,
    Stage.HEAD: 14_200_000,
    Stage.EXPORT: 11_600_000,
}
POINT_BYTES = 18  # of each point, in the files of the model stage
RESERVED_S = 120  # then a reservation ends by itself; to store a photo takes seconds


def results_bytes(steps: Sequence[Stage], model: ModelOptions) -> int:
    """How many bytes the results of these stages are expected to have."""
    points = POINT_BYTES * model.point_budget if Stage.MODEL in steps else 0
    return sum(RESULT_BYTES[step] for step in steps) + points


@dataclass(frozen=True)
class Usage:
    """Bytes of the storage, at one moment.

    reserved: for files that are about to be written. coming: for results of the jobs that wait or run.
    all, owner, group: what is stored, reserved and coming.
    """

    reserved: int
    coming: int
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

    def counted(self) -> tuple[int, int]:
        """Bytes of all jobs, stored and coming; and those that are coming."""
        of_all, coming = cast(list["bytes | None"], self._redis.hmget(Key.BYTES, ["all", "coming"]))
        return int(of_all or 0), int(coming or 0)

    def release(self, job_id: str) -> None:
        """End the reservation for a job: its record counts now, or nothing was written."""
        with self._redis.pipeline() as pipe:
            pipe.zrem(Key.RESERVED_UNTIL, job_id)
            pipe.hdel(Key.RESERVED, job_id)
            pipe.execute()
