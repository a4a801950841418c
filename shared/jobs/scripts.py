"""Loads the Lua scripts of this package; every change of a job is one of them."""

from __future__ import annotations

from pathlib import Path

from redis import Redis

from shared.jobs.keys import Key
from shared.jobs.record import Stage, State
from shared.redis.scripts import Scripts

LUA = Path(__file__).parent / "lua"
DELIVERIES = Path(__file__).parents[1] / "webhooks" / "lua" / "common" / "queue.lua"  # a job's end queues one


def job_scripts(redis: Redis, name: str, lua: Path = LUA) -> Scripts:
    """The scripts in the folder `name`: jobs, claims, upkeep or statistics."""
    libraries = (
        DELIVERIES,
        *(lua / "common" / f"{library}.lua" for library in ("records", "costs", "waiting", "queue")),
    )
    return Scripts(redis, lua / name, enums=(Stage, State, Key), libraries=libraries)
