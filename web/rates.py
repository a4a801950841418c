"""Rate limits: of each user, counted in Redis, and of each IP address, since one person may come as many users."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from web.access import client_ip, requester
from web.problems import problem
from web.services import services

LOTS = 50  # of a limit; one of fewer than twice as many requests is counted one by one
MOST_NAMES = 10_000

View = TypeVar("View", bound=Callable[..., Any])


class Rate(Enum):
    """Which rate limits a view; decorates it. Requests of a view without one count as REQUEST."""

    UNCOUNTED = "uncounted"
    REQUEST = "request"
    UPLOAD = "upload"  # counts as a request too

    def __call__(self, view: View) -> View:
        """The view, marked with this rate."""
        view.rate = self  # type: ignore[attr-defined]
        return view


class Lots:
    """A limit whose requests are taken from the storage in lots: to ask Redis for each would cost more than a poll.

    A process never answers more than the limit; beside others, or at the end of a window, a lot may be left unused, or
    be used in the next window.
    """

    def __init__(self, kind: str, rate: RateLimitItem, storage: Storage) -> None:
        self.rate, self._kind, self._limiter = rate, kind, FixedWindowRateLimiter(storage)
        self._size = max(1, rate.amount // LOTS)
        self._left: dict[str, tuple[int, float]] = {}  # name -> requests, and until when; last used last
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """True where one more request of that name is within the limit."""
        if self._take_from_lot(name):
            return True
        if not self._limiter.hit(self.rate, self._kind, name, cost=self._size):
            return False
        if self._size > 1:
            self._keep(name, self._size - 1)
        return True

    def reset_at(self, name: str) -> float:
        """When the limit counts anew, in seconds since 1970."""
        return self._limiter.get_window_stats(self.rate, self._kind, name).reset_time

    def _take_from_lot(self, name: str) -> bool:
        with self._lock:
            left, until_s = self._left.pop(name, (0, 0.0))
            if left and time.monotonic() < until_s:
                self._left[name] = left - 1, until_s
                return True
        return False

    def _keep(self, name: str, count: int) -> None:
        with self._lock:
            left, _ = self._left.pop(name, (0, 0.0))
            self._left[name] = left + count, time.monotonic() + self.rate.get_expiry()
            if len(self._left) > MOST_NAMES:
                del self._left[next(iter(self._left))]


def register(app: Flask) -> None:
    """Limit the requests of one user and of one IP address; too many are answered by 429 and Retry-After."""
    with app.app_context():
        settings, redis = services().settings, services().redis
    shared = RedisStorage(
        "redis://",  # says what kind it is; where it is, and its short timeouts, come with the pool
        connection_pool=redis.connection_pool,
        key_prefix="relief-rate",
    )
    factor = settings.address_factor
    of_all = Lots("request", parse(settings.rate), shared)
    of_ip = Lots("request-by-ip", _times(settings.rate, factor), MemoryStorage())  # in this process alone
    uploads = Lots("upload", parse(settings.upload_rate), shared)
    uploads_of_ip = Lots("upload-by-ip", _times(settings.upload_rate, factor), shared)

    def limits() -> Iterator[tuple[Lots, str]]:
        """What this request counts against, in order."""
        rate = getattr(current_app.view_functions.get(request.endpoint or ""), "rate", Rate.REQUEST)
        if rate is Rate.UNCOUNTED:
            return
        yield of_all, requester()
        if not g.key_owner:  # a key is limited by itself, whatever IP address it comes from
            yield of_ip, client_ip()
        if rate is Rate.UPLOAD:
            yield uploads, requester()
            if not g.key_owner:
                yield uploads_of_ip, client_ip()

    @app.before_request
    def count() -> Response | None:
        for lots, name in limits():
            if not lots.take(name):
                return _too_often(str(lots.rate), lots.reset_at(name))
        return None


def _too_often(rate: str, reset_at: float) -> Response:
    left_s = max(1, round(reset_at - time.time()))
    detail = f"At most {rate} are answered; wait a little."
    return problem(429, "rate", "Too many requests", detail, retry_after_s=left_s)


def _times(rate: str, factor: int) -> RateLimitItem:
    """The rate times a factor: "1200/minute" times 4 is 4800 per 1 minute."""
    one = parse(rate)
    return type(one)(one.amount * factor, one.multiples)
