"""Whether the disk of Redis is full: then its reserve is for deletion and expiry alone (deploy/valkey/start.sh)."""

from __future__ import annotations

from typing import cast

from redis import Redis
from redis.exceptions import ResponseError

NAME, MARK = "auto-aof-rewrite-min-size", 10**12  # bytes; start.sh gives more where the reserve is gone


def reserve_is_gone(redis: Redis) -> bool:
    """True while nothing new is to be stored; a Redis that was started otherwise, or tells nothing, has no reserve."""
    try:
        found = cast("dict[str, str]", redis.config_get(NAME))
    except ResponseError:  # services of others often forbid the question
        return False
    return int(found.get(NAME, 0)) >= MARK
