"""Rate limits: of each user, counted in Redis, and of each IP address, since one person may come as many users."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from web.access import client_ip, requester
from web.problems import problem
from web.services import services

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


def register(app: Flask) -> None:
    """Limit the requests of one user and of one IP address; too many are answered by 429 and Retry-After."""
    with app.app_context():
        settings, redis = services().settings, services().redis
    limiter = Limiter(
        requester,
        app=app,
        storage_uri=settings.redis_url,
        storage_options={"connection_pool": redis.connection_pool},  # type: ignore[dict-item]  # with its short timeouts
        application_limits=[settings.rate],  # of all routes together
        request_identifier=lambda: request.endpoint or "unknown",  # a URL that leads nowhere counts too
        strategy="fixed-window",
        key_prefix="relief-rate",
    )
    uploads_by_ip = str(_times(settings.upload_rate, settings.address_factor))
    for endpoint, view in app.view_functions.items():
        if _rate_of(endpoint, app) is Rate.UNCOUNTED:
            limiter.exempt(view)
        if _rate_of(endpoint, app) is Rate.UPLOAD:
            by_ip = limiter.limit(uploads_by_ip, key_func=client_ip, exempt_when=_has_key)
            app.view_functions[endpoint] = limiter.limit(settings.upload_rate)(by_ip(view))  # type: ignore[assignment]
    _limit_ips(app, _times(settings.rate, settings.address_factor))

    def too_often(error: RateLimitExceeded) -> Response:
        limit = limiter.current_limit
        return _too_often(error.description, limit.reset_at if limit else time.time() + 60)

    app.register_error_handler(RateLimitExceeded, too_often)


def _limit_ips(app: Flask, rate: RateLimitItem) -> None:
    """Count all requests by IP address too, in this process alone: Redis would cost each poll a tenth more."""
    counts = FixedWindowRateLimiter(MemoryStorage())

    @app.before_request
    def count() -> Response | None:
        uncounted = _rate_of(request.endpoint, current_app) is Rate.UNCOUNTED
        if uncounted or _has_key() or counts.hit(rate, client_ip()):
            return None
        return _too_often(str(rate), counts.get_window_stats(rate, client_ip()).reset_time)


def _rate_of(endpoint: str | None, app: Flask) -> Rate:
    return getattr(app.view_functions.get(endpoint or ""), "rate", Rate.REQUEST)


def _too_often(rate: str, reset_at: float) -> Response:
    left_s = max(1, round(reset_at - time.time()))
    detail = f"At most {rate} are answered; wait a little."
    return problem(429, "rate", "Too many requests", detail, retry_after_s=left_s)


def _times(rate: str, factor: int) -> RateLimitItem:
    """The rate times a factor: "1200/minute" times 4 is 4800 per 1 minute."""
    one = parse(rate)
    return type(one)(one.amount * factor, one.multiples)


def _has_key() -> bool:
    """True where the request has an API key, which is limited by itself, whatever IP address it comes from."""
    return bool(g.key_owner)
