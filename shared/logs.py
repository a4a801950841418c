"""Logs of all processes in one shape, each line with the job and the request that it is about."""

from __future__ import annotations

import logging
import re
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["text", "json"]

ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""A request's id as a client may choose it: what fits into any log; deploy/nginx has the same rule."""

FIELDS = "%(levelname)s %(process)d %(name)s %(job_id)s %(request_id)s %(message)s"

_job_id: ContextVar[str] = ContextVar("job_id", default="-")
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def configure_logging(log_format: LogFormat) -> None:
    """Log to standard error: lines for people, or one JSON object a line for machines; what nobody caught, too."""
    handler = logging.StreamHandler()
    for_people, for_machines = logging.Formatter(f"%(asctime)s {FIELDS}"), JsonFormatter(FIELDS, timestamp=True)
    handler.setFormatter(for_machines if log_format == "json" else for_people)
    handler.addFilter(_add_context)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda thrown: _log_uncaught(thrown.exc_type, thrown.exc_value, thrown.exc_traceback)


@contextmanager
def log_context(*, job_id: str | None = None, request_id: str | None = None) -> Iterator[None]:
    """Lines logged inside the block are about this job, and about the request that it came with."""
    tokens = [
        (variable, variable.set(value)) for variable, value in ((_job_id, job_id), (_request_id, request_id)) if value
    ]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


def request_id_from(given: str | None) -> str:
    """The id that a client gave its request, if it is short and plain, or a new one."""
    return given if given and ID.fullmatch(given) else uuid.uuid4().hex


def request_id() -> str:
    """Id of the request that is being worked on; "-" outside of one."""
    return _request_id.get()


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, (KeyboardInterrupt, SystemExit)):
        return
    logging.getLogger("uncaught").critical("ended by an error", exc_info=(kind, error or kind(), trace))


def _add_context(record: logging.LogRecord) -> bool:
    record.job_id, record.request_id = _job_id.get(), _request_id.get()
    return True
