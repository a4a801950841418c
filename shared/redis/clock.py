"""Redis's own clock, which all times in job records are by."""

from __future__ import annotations

import time

from shared.redis.connection import Client

ASK_EVERY_S = 60.0  # clocks drift apart by milliseconds in that time


class RedisClock:
    """Tells Redis's time without asking it each time."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._known: tuple[float, float] | None = None  # when it was asked, and what is to be added to this clock
        self._server = redis.server

    def now_ms(self) -> float:
        """Milliseconds since 1970 by Redis's clock."""
        now_s = time.monotonic()
        if self._known is None or now_s - self._known[0] > ASK_EVERY_S or self._server != self._redis.server:
            self._server = self._redis.server
            seconds, microseconds = self._redis.time()
            self._known = now_s, seconds + microseconds / 1e6 - time.monotonic()
        return 1000 * (now_s + self._known[1])
