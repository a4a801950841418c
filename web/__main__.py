"""`python -m web`: serve the API and the page over HTTP, until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import resource
import signal
from collections.abc import Sequence
from types import FrameType
from typing import Any

from waitress import create_server

from shared.logs import configure_logging
from shared.settings import Settings
from web.app import create_app
from web.services import KEY

SILENCE_S = 60  # a connection on which nothing moves for so long is closed, unless a request of it is being answered
CONNECTIONS = 1000  # at once; more wait in the kernel's queue
OPEN_FILES = 8192  # connections, Redis, and a temporary file for each large body
HEADER_BYTES = 32_768
WHOLE_ANSWER_BYTES = 2**30  # kept for a slow reader, beyond 1 MB on disk; a lower mark would hold a thread
TOO_LARGE_FACTOR = 10  # a body up to so many times the limit is read to its end, and refused in the API's own words


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then streams and long-polls end, and requests get five seconds to finish."""
    parser = argparse.ArgumentParser(prog="python -m web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args(arguments)
    settings = Settings.from_environment()
    configure_logging(settings.log_format)
    logging.getLogger("waitress").setLevel(logging.WARNING)  # its INFO names paths, and so the tokens of shared jobs
    _allow_open_files()
    app = create_app(settings)

    def stop(number: int, frame: FrameType | None) -> None:
        app.extensions[KEY].changes.end()
        raise SystemExit

    server = create_server(app, host=chosen.host, port=chosen.port, **server_options(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run()


def server_options(settings: Settings) -> dict[str, Any]:
    """Options of waitress: one thread receives all requests and sends all answers, others make the answers."""
    return {
        "threads": settings.web_threads,
        "asyncore_use_poll": True,  # select() cannot have more than 1024 files
        "connection_limit": CONNECTIONS,
        "channel_timeout": SILENCE_S,
        "max_request_header_size": HEADER_BYTES,
        "max_request_body_size": TOO_LARGE_FACTOR * settings.upload_mb * 1_000_000,
        "outbuf_high_watermark": WHOLE_ANSWER_BYTES,
        "clear_untrusted_proxy_headers": False,  # the application reads them, where RELIEF_BEHIND_PROXY says so
        "log_socket_errors": False,
        "ident": None,
    }


def _allow_open_files() -> None:
    """Raise this process's limit of open files, often 1024 or 256, as far as it may be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
