"""Every error that leaves the API, as application/problem+json (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, json, request
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from shared.errors import (
    BusyError,
    DisparityError,
    IdempotencyError,
    JobConflictError,
    JobNotFoundError,
    LimitError,
    ModelError,
    PhotoError,
    PhotoTooLargeError,
    PhotoTypeError,
    ReliefError,
    WebhookUrlError,
)
from shared.logs import request_id
from web.services import services

log = logging.getLogger(__name__)

STATUS: dict[type[ReliefError], tuple[int, str, str]] = {  # error -> status, type, title
    PhotoTooLargeError: (413, "photo-too-large", "The upload is too large"),
    PhotoTypeError: (415, "photo-type", "Not a JPEG or PNG photo"),
    PhotoError: (422, "photo", "The photo cannot be used"),
    DisparityError: (422, "disparity", "The disparity map cannot be used"),
    ModelError: (422, "model", "The depth model cannot be used"),
    WebhookUrlError: (422, "webhook", "The webhook cannot be called"),
    LimitError: (429, "limit", "As much as one user may have"),
    BusyError: (503, "busy", "Too much to do just now"),
    IdempotencyError: (422, "idempotency-key", "The Idempotency-Key was used before"),
    JobNotFoundError: (404, "not-found", "Not found"),
    JobConflictError: (409, "conflict", "Not possible in this state"),
}
AWAY_S = 5  # when to try again while Redis or storage does not answer
FULL_S = 30  # when to try again where there is too much to do


def problem(status: int, kind: str, title: str, detail: str, *, retry_after_s: int | None = None) -> Response:
    """A response of type application/problem+json; it says when to try again, where that is known."""
    body = {
        "type": f"/problems/{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id(),
    }
    services().traffic.refused(kind)
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return Response(json.dumps(body), status, headers, mimetype="application/problem+json")


def register(app: Flask) -> None:
    """Answer every error of this application by a problem document."""
    for error_type in STATUS:
        app.register_error_handler(error_type, _refusal)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(RedisError, _redis_failed)
    app.register_error_handler(OSError, _storage_failed)
    app.register_error_handler(Exception, _internal)


def _refusal(error: Exception) -> Response:
    status, kind, title = next(STATUS[base] for base in type(error).__mro__ if base in STATUS)
    return problem(status, kind, title, _sentence(str(error)), retry_after_s=FULL_S if status in (429, 503) else None)


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    response = problem(code, HTTPStatus(code).name.lower().replace("_", "-"), error.name, error.description or "")
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "location", "www-authenticate", "content-range", "accept-encoding"):
            response.headers[name] = value
    return response


def _too_large(_: Exception) -> Response:
    limit = request.max_content_length or 0
    if (request.content_length or 0) > limit:
        return _refusal(PhotoTooLargeError(f"the request has more than the {limit / 1e6:g} MB that are allowed"))
    parts, size = request.max_form_parts, request.max_form_memory_size
    return _refusal(PhotoTooLargeError(f"the form has more than {parts} parts, or a setting of more than {size} bytes"))


def _redis_failed(error: Exception) -> Response:
    log.error("redis does not answer: %s", error)
    return _unavailable("unavailable", "The job queue does not answer; try again soon.")


def _storage_failed(error: Exception) -> Response:
    log.error("storage does not answer", exc_info=error)
    return _unavailable("storage", "Our storage does not take the files; try again soon.")


def _unavailable(kind: str, detail: str) -> Response:
    return problem(503, kind, "Not available just now", detail, retry_after_s=AWAY_S)


def _internal(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return problem(500, "internal", "Something went wrong here", "It is our fault, not yours; it has been logged.")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
