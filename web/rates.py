"""How often one may ask: counted in Redis for each user, and for each address, where one may come as many users."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from web.access import address, asker
from web.problems import problem
from web.services import services

UNBOUNDED = ("page", "docs", "static", "viewer_static", "plotly_js", "health.alive", "health.ready", "metrics.metrics")


def register(app: Flask) -> None:
    """Bound the requests of one user and of one address; what is too much is answered by 429 and Retry-After."""
    with app.app_context():
        settings, redis = services().settings, services().store.redis
    limiter = Limiter(
        asker,
        app=app,
        storage_uri=settings.redis_url,
        storage_options={"connection_pool": redis.connection_pool},  # type: ignore[dict-item]  # gives up on a dead server as soon as the rest
        default_limits=[settings.rate],
        strategy="fixed-window",
        key_prefix="relief-rate",
    )
    for endpoint in UNBOUNDED:
        limiter.exempt(app.view_functions[endpoint])
    create = app.view_functions["jobs.create"]
    uploads = str(_times(settings.upload_rate, settings.address_factor))
    by_address = limiter.limit(uploads, key_func=address, exempt_when=_has_key)
    app.view_functions["jobs.create"] = limiter.limit(settings.upload_rate)(by_address(create))  # type: ignore[assignment]
    _bound_addresses(app, _times(settings.rate, settings.address_factor))

    def too_often(error: RateLimitExceeded) -> Response:
        limit = limiter.current_limit
        return _too_often(error.description, limit.reset_at if limit else time.time() + 60)

    app.register_error_handler(RateLimitExceeded, too_often)


def _bound_addresses(app: Flask, rate: RateLimitItem) -> None:
    """Count all requests by address too, in this process alone: Redis would cost each poll a tenth more."""
    counts = FixedWindowRateLimiter(MemoryStorage())

    @app.before_request
    def count() -> Response | None:
        if request.endpoint in UNBOUNDED or _has_key() or counts.hit(rate, address()):
            return None
        return _too_often(str(rate), counts.get_window_stats(rate, address()).reset_time)


def _too_often(rate: str, reset_at: float) -> Response:
    response = problem(429, "rate", "Too many requests", f"At most {rate} are answered; wait a little.")
    response.headers["Retry-After"] = str(max(1, round(reset_at - time.time())))
    return response


def _times(rate: str, factor: int) -> RateLimitItem:
    """So many times as often: of "1200/minute", 4800 per 1 minute."""
    one = parse(rate)
    return type(one)(one.amount * factor, one.multiples)


def _has_key() -> bool:
    """Who has a key counts alone, wherever it comes from."""
    return bool(g.key_owner)
