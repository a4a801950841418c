"""`python -m web`: serve the API and the page over HTTP, until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import resource
import signal
import threading
from collections.abc import Sequence
from types import FrameType

from shared.logs import configure_logging
from shared.settings import Settings
from shared.storage import say_if_away
from web.app import create_app
from web.server.server import create_server
from web.services import KEY

OPEN_FILES = 8192  # connections, Redis, and a temporary file for each large body or answer


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then streams and long-polls end, and requests get five seconds to finish."""
    parser = argparse.ArgumentParser(prog="python -m web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args(arguments)
    settings = Settings.from_environment()
    configure_logging(settings.log_format)
    logging.getLogger("waitress").setLevel(logging.WARNING)  # its INFO names paths, and so the tokens of shared jobs
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits
    _allow_open_files()
    app = create_app(settings)
    app.extensions[KEY].decoding.start()
    threading.Thread(target=say_if_away, args=(app.extensions[KEY].storage,), daemon=True).start()

    def stop(number: int, frame: FrameType | None) -> None:
        app.extensions[KEY].changes.end()
        raise SystemExit

    server = create_server(app, settings, chosen.host, chosen.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run()


def _allow_open_files() -> None:
    """Raise this process's limit of open files, often 1024 or 256, as far as it may be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
