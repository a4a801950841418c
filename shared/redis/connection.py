"""The connection to Redis."""

from __future__ import annotations

from typing import Any, cast

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.redis.sentinels import PrimaryPool
from shared.redis_url import RedisAddress

SOCKET_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 2.0


class Client(Redis):
    """A client of one Redis, or of whichever is the primary.

    replicas: how many must have what is acknowledged (shared/redis/confirmed.py).
    """

    replicas = 0

    @property
    def server(self) -> tuple[str, int] | None:
        """Host and port of the primary as they were known last; None without sentinels, where it is always the same."""
        pool = self.connection_pool
        return pool.master_address if isinstance(pool, PrimaryPool) else None


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
