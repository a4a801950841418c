"""The connection to Redis."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 2.0


def connect(redis_url: str, connections: int = 100) -> Redis:
    """A client that gives up on a dead or stopped server within seconds, and says so at once.

    It fails where more threads than `connections` ask at the same moment.
    """
    return Redis.from_url(
        redis_url,
        max_connections=connections,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        health_check_interval=5,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[ConnectionError],
    )
