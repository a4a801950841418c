"""How often one may ask: counted in Redis for each user, and for each address, where one may come as many users."""

from __future__ import annotations

import time
from functools import partial

from flask import Flask, Response, g
from flask_limiter import Limit, Limiter
from flask_limiter.errors import RateLimitExceeded
from limits import parse

from web.access import address, asker
from web.problems import problem
from web.services import services

UNBOUNDED = ("page", "docs", "static", "viewer_static", "plotly_js", "health.alive", "health.ready", "metrics.metrics")


def register(app: Flask) -> None:
    """Bound the requests of one user; what is too much is answered by 429 and Retry-After."""
    with app.app_context():
        settings, redis = services().settings, services().store.redis
    of_address = partial(_times, factor=settings.address_factor)
    limiter = Limiter(
        asker,
        app=app,
        storage_uri=settings.redis_url,
        storage_options={"connection_pool": redis.connection_pool},  # type: ignore[dict-item]  # gives up on a dead server as soon as the rest
        default_limits=[settings.rate, Limit(of_address(settings.rate), key_function=address, exempt_when=_has_key)],
        strategy="fixed-window",
        key_prefix="relief-rate",
    )
    for endpoint in UNBOUNDED:
        limiter.exempt(app.view_functions[endpoint])
    create = app.view_functions["jobs.create"]
    by_address = limiter.limit(of_address(settings.upload_rate), key_func=address, exempt_when=_has_key)
    app.view_functions["jobs.create"] = limiter.limit(settings.upload_rate)(by_address(create))  # type: ignore[assignment]

    def too_often(error: RateLimitExceeded) -> Response:
        response = problem(
            429, "rate", "Too many requests", f"At most {error.description} are answered; wait a little."
        )
        reset_at = limiter.current_limit.reset_at if limiter.current_limit else time.time() + 60
        response.headers["Retry-After"] = str(max(1, round(reset_at - time.time())))
        return response

    app.register_error_handler(RateLimitExceeded, too_often)


def _times(rate: str, factor: int) -> str:
    """So many times as often: "1200/minute" becomes "4800 per 1 minute"."""
    one = parse(rate)
    return f"{one.amount * factor} per {one.multiples} {one.GRANULARITY.name}"


def _has_key() -> bool:
    """Who has a key counts alone, wherever it comes from."""
    return bool(g.key_owner)
