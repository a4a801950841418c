"""What a process under test logs, and the logging of the tests' own process as it was before."""

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """Undo what `configure_logging` does in the block."""
    root = logging.getLogger()
    handlers, level, hooks = root.handlers[:], root.level, (sys.excepthook, threading.excepthook)
    try:
        with warnings.catch_warnings():
            yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook, threading.excepthook = hooks


def json_lines(text: str) -> list[dict]:
    """The objects of a log, of which each line is one."""
    return [json.loads(line) for line in text.splitlines()]


def lines_of(log: Path, request_id: str) -> list[dict]:
    """The objects of a log that are about a request."""
    return [line for line in json_lines(log.read_text()) if request_id in line["request_id"].split(",")]
