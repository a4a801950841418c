"""The web front: takes photos, tells how their jobs stand, and serves what came of them."""

from __future__ import annotations

from datetime import timedelta

from apiflask import APIFlask
from flask import request
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.errors import SettingsError
from shared.jobs.store import JobStore
from shared.jobs.wakeups import Hints, celery_app, connect
from shared.settings import Settings
from shared.storage import storage_from
from web import access, problems, rates, request_ids
from web.api import events, health, jobs, metrics, models, openapi, results
from web.changes import Changes
from web.expected import Paces
from web.intake.decoding import Decoding
from web.page import routes as pages
from web.services import KEY, Services

FORM_OVERHEAD_BYTES = 100_000


def create_app(settings: Settings) -> APIFlask:
    """The WSGI application.

    Raises:
        SettingsError: RELIEF_SECRET is not set.
    """
    if settings.secret is None:
        raise SettingsError("RELIEF_SECRET is not set; the web front signs its cookies with it (32 characters or more)")
    app = APIFlask("web", title="Relief", version="1", spec_path="/openapi.json", docs_path=None, json_errors=False)
    app.config.update(
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_NAME="relief",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # polling need not carry a cookie back each time
        PERMANENT_SESSION_LIFETIME=timedelta(days=365),
        MAX_CONTENT_LENGTH=settings.upload_mb * 1_000_000 + FORM_OVERHEAD_BYTES,
        OPENAPI_VERSION="3.1.0",
    )
    redis = connect(settings.redis_url, settings.web_threads + 1)  # each thread may ask, and one listens
    hints = Hints(celery_app(settings.redis_url))
    store = JobStore(redis)
    app.extensions[KEY] = Services(
        settings,
        store,
        storage_from(settings),
        hints,
        Changes(redis, settings.listeners, settings.owner_listeners),
        Decoding(),
        Paces(store),
    )
    request_ids.register(app)
    problems.register(app)
    access.register(app)
    app.teardown_request(_close_uploads)
    for room in (jobs, events, results, models):
        app.register_blueprint(room.blueprint, url_prefix="/api/v1")
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    pages.register(app)
    openapi.register(app)
    rates.register(app)
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _close_uploads(_: BaseException | None) -> None:
    """An upload lies in a temporary file: give it back with the request, whatever came of it."""
    request.close()
