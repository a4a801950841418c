"""The WSGI application, put together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apiflask import APIFlask
from flask import g, request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.errors import SettingsError
from shared.settings import Settings
from web import access, hosts, problems, rates, request_ids, reserve, traffic
from web.api import events, health, jobs, metrics, models, openapi, results
from web.conditions import ConditionalResponse
from web.intake.forms import accept_any_names
from web.page import routes as pages
from web.server.bodies import SETTINGS_BYTES, body_limit_bytes
from web.services import KEY, Services, services

FORM_PARTS = 32  # settings and files; there are half as many
FIELD_BYTES = 131_072  # of a setting in a form; twice of what the parser reads at once


class CodedBodyError(UnsupportedMediaType):
    """The body is packed; RFC 9110, section 12.5.3, has the answer say which codings are read."""

    def get_headers(self, *given: Any) -> list[tuple[str, str]]:
        """With the one coding that is read, which is none."""
        return [*super().get_headers(*given), ("Accept-Encoding", "identity")]


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
        MAX_CONTENT_LENGTH=SETTINGS_BYTES,  # _bound_body sets that of an upload
        MAX_FORM_MEMORY_SIZE=FIELD_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        OPENAPI_VERSION="3.1.0",
    )
    app.response_class = ConditionalResponse
    app.extensions[KEY] = Services(settings)
    traffic.register(app, app.extensions[KEY].traffic)
    request_ids.register(app)
    problems.register(app)
    accept_any_names()
    app.before_request(_bound_body)
    app.before_request(_refuse_coded_body)
    hosts.register(app)
    access.register(app)
    app.teardown_request(_close_uploads)
    for module in (jobs, events, results, models):
        app.register_blueprint(module.blueprint, url_prefix="/api/v1")
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    pages.register(app)
    openapi.register(app)
    rates.register(app)
    access.register_refusals(app)
    reserve.register(app)
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _bound_body() -> None:
    """Read no more of a body than a request of its kind may have."""
    upload_mb = services().settings.upload_mb
    request.max_content_length = body_limit_bytes(request.method, request.path, request.mimetype, upload_mb)


def _refuse_coded_body() -> None:
    """Refuse a body that is packed: a few bytes of it could become many."""
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.strip().lower() not in ("", "identity"):
        raise CodedBodyError(f"A body with Content-Encoding: {coding} is not read; send it as it is, without one.")


def _close_uploads(_: BaseException | None) -> None:
    """Delete the temporary file of an upload with the end of its request, whatever came of it."""
    request.close()
    if "bare_photo" in g:
        g.bare_photo.close()
