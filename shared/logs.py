"""Logs of all processes in one shape, each line with the job and the request that it is about."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["text", "json"]

FIELDS = "%(asctime)s %(levelname)s %(process)d %(name)s %(job_id)s %(request_id)s %(message)s"

_job_id: ContextVar[str] = ContextVar("job_id", default="-")
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def configure_logging(log_format: LogFormat) -> None:
    """Log to standard error: lines for people, or one JSON object a line for machines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(FIELDS) if log_format == "json" else logging.Formatter(FIELDS))
    handler.addFilter(_add_context)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


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


def request_id() -> str:
    """Id of the request that is being worked on; "-" outside of one."""
    return _request_id.get()


def _add_context(record: logging.LogRecord) -> bool:
    record.job_id, record.request_id = _job_id.get(), _request_id.get()
    return True
