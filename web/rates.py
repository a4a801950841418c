"""How often one may ask: counted in Redis for each user, and for each address where nobody is known yet."""

from __future__ import annotations

import time

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded

from web.access import caller
from web.problems import problem
from web.services import services

UNBOUNDED = ("page", "docs", "static", "viewer_static", "plotly_js", "health.alive", "health.ready", "metrics.metrics")


def register(app: Flask) -> None:
    """Bound the requests of one user; what is too much is answered by 429 and Retry-After."""
    with app.app_context():
        settings, redis = services().settings, services().store.redis
    limiter = Limiter(
        _who,
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
    app.view_functions["jobs.create"] = limiter.limit(settings.upload_rate)(create)  # type: ignore[assignment]

    def too_often(error: RateLimitExceeded) -> Response:
        response = problem(
            429, "rate", "Too many requests", f"At most {error.description} are answered; wait a little."
        )
        reset_at = limiter.current_limit.reset_at if limiter.current_limit else time.time() + 60
        response.headers["Retry-After"] = str(max(1, round(reset_at - time.time())))
        return response

    app.register_error_handler(RateLimitExceeded, too_often)


def _who() -> str:
    return caller() or f"address-{request.remote_addr}"
