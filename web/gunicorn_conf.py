"""Gunicorn's settings: `gunicorn -c python:web.gunicorn_conf web.wsgi:app`."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from shared.settings import Settings
from web.services import KEY

worker_class = "gthread"
threads = Settings.from_environment().web_threads
graceful_timeout = 20
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """End the streams at SIGTERM: the worker waits for its requests, and a stream may last ten minutes."""

    def stop(number: int, frame: FrameType | None) -> None:
        worker.wsgi.extensions[KEY].changes.end()
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, stop)
