"""The connection to Redis."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, cast

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.redis.sentinels import PrimaryPool
from shared.redis_url import RedisAddress

SOCKET_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 2.0
REPLICA_MISSED_S = 5.0
"""A replica that has just left the primary may be about to replace it. Until that has happened and the others follow
it, which takes some 2 s, nothing is acknowledged without it: what they confirm would be lost."""


@dataclass(frozen=True)
class _Known:
    """How many replicas a server has, and since when some of them are missed, by this process's clock."""

    server: tuple[str, int] | None = None
    replicas: int = 0
    missed_s: float | None = None

    @property
    def long_missed(self) -> bool:
        return self.missed_s is not None and time.monotonic() - self.missed_s > REPLICA_MISSED_S


class Client(Redis):
    """A client of one Redis, or of whichever is the primary.

    replicas: how many at least must have what is acknowledged (shared/redis/confirmed.py).
    """

    replicas = 0
    _known = _Known()

    @property
    def server(self) -> tuple[str, int] | None:
        """Host and port of the primary as they were known last; None without sentinels, where it is always the same."""
        pool = self.connection_pool
        return pool.master_address if isinstance(pool, PrimaryPool) else None

    def wanted_replicas(self) -> int:
        """How many must have what is acknowledged now: all of the primary's, or `replicas` where some are long away."""
        known = self._known
        counts = known.server == self.server and not known.long_missed
        return max(self.replicas, known.replicas if counts else 0)

    def saw_replicas(self, count: int) -> None:
        """The primary has so many now."""
        known = self._known
        if known.server != self.server or count >= known.replicas or known.long_missed:
            self._known = _Known(self.server, count)
        elif known.missed_s is None:
            self._known = replace(known, missed_s=time.monotonic())


def connect(redis_url: str, connections: int = 100) -> Client:
    """A client that gives up on a dead or stopped server within seconds, and says so at once.

    It fails where more threads than `connections` ask at the same moment.

    Raises:
        ValueError: it is not the URL of a Redis.
    """
    address = RedisAddress.of(redis_url)
    how: dict[str, Any] = {
        "max_connections": connections,
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "health_check_interval": 5,
        "retry": Retry(NoBackoff(), 1),
        "retry_on_error": [ConnectionError],
    }
    pool = PrimaryPool(address, **how) if address.sentinels else ConnectionPool.from_url(address.url, **how)
    client = cast(Client, Client.from_pool(pool))
    client.replicas = address.replicas
    return client
