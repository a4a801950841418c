"""The id of each request, the client's own or a new one.

It is in the answer's header, in a problem document, in the job's record, and in each line of the log of all processes.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

from flask import Flask, Response, g, request

from shared.logs import log_context, request_id, request_id_from
from web.access import TOKENS

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
TOKEN = re.compile(rf"({'|'.join(TOKENS)})[\w.-]+")


def register(app: Flask) -> None:
    """Give every request its id; register this before all other handlers."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


def _begin() -> None:
    g.log_context = log_context(request_id=request_id_from(request.headers.get(HEADER)))
    g.log_context.__enter__()


def _finish(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    if response.status_code >= 400:
        log.info("%s %s refused with %d", request.method, _loggable(request.path), response.status_code)
    return response


def _end(_: BaseException | None) -> None:
    if "log_context" in g:
        g.log_context.__exit__(None, None, None)


def _loggable(path: str) -> str:
    """The path on one line, and without tokens that open jobs."""
    return TOKEN.sub(r"\1...", quote(path))
