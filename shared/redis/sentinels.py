"""Connections to whichever Redis is the primary now, as the sentinels tell."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import ConnectionError, RedisError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool, SentinelManagedConnection

from shared.redis_url import RedisAddress

SENTINEL_TIMEOUT_S = 0.5  # the next one is asked then
ASK_EVERY_S = 1.0
"""While all seems well. A primary that the others have lost may still answer us: it would tell old things, and a
subscription to it would stay silent."""


def sentinel_options(address: RedisAddress) -> dict[str, Any]:
    """How a sentinel is asked: once, since there are others."""
    timeouts = {"socket_timeout": SENTINEL_TIMEOUT_S, "socket_connect_timeout": SENTINEL_TIMEOUT_S}
    return timeouts | {"password": address.sentinel_password, "retry": Retry(NoBackoff(), 0)}


class Sentinels(Sentinel):
    """Sentinels that one thread asks at a time; those that waited meanwhile share its answer."""

    def __init__(self, address: RedisAddress) -> None:
        super().__init__(address.sentinels, sentinel_kwargs=sentinel_options(address))
        self._lock = threading.Lock()
        self._answer: tuple[str, int] | RedisError = MasterNotFoundError("not asked yet")
        self._asked_s = float("-inf")

    @property
    def is_due(self) -> bool:
        """True where nobody has asked for a while, nor asks now."""
        return time.monotonic() - self._asked_s > ASK_EVERY_S and not self._lock.locked()

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """The primary's host and port.

        Raises:
            MasterNotFoundError: no sentinel answers, or none knows a primary that is alive.
        """
        wanted_s = time.monotonic()
        with self._lock:
            if self._asked_s < wanted_s:
                self._ask(service_name)
            if isinstance(self._answer, RedisError):
                raise MasterNotFoundError(str(self._answer))
            return self._answer

    def _ask(self, service_name: str) -> None:
        try:
            self._answer = super().discover_master(service_name)
        except RedisError as error:
            self._answer = error
        self._asked_s = time.monotonic()


class PrimaryConnection(SentinelManagedConnection):
    """A connection that is made anew once another server is the primary."""

    def should_reconnect(self) -> bool:
        """True where this server is no longer the primary; also a subscription asks, each time that it listens."""
        address = followed(self.connection_pool)
        return bool(super().should_reconnect() or (self.host, self.port) != address)

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send a command; where the connection broke, to whichever is the primary now, not to the address it had."""
        if not self._sock:
            self.connect()
        super().send_packed_command(command, check_health)


class PrimaryPool(SentinelConnectionPool):
    """Connections to the primary; idle ones to an earlier one are closed."""

    def __init__(self, address: RedisAddress, **server: Any) -> None:
        server |= {"username": address.username, "password": address.password, "db": address.database}
        super().__init__(address.primary, Sentinels(address), connection_class=PrimaryConnection, **server)

    def get_connection(self, *arguments: Any, **options: Any) -> Connection:
        """A connection to the primary."""
        followed(self.proxy)
        return super().get_connection(*arguments, **options)

    def close(self) -> None:
        """Close all connections, those to the sentinels too."""
        super().close()
        self.sentinel_manager.close()


def followed(proxy: Any) -> tuple[str, int] | None:
    """The address of the primary, which the sentinels are asked for where that is due; they may be away for now."""
    if proxy.sentinel_manager.is_due:
        with suppress(ConnectionError):
            proxy.get_master_address()
    return proxy.master_address
