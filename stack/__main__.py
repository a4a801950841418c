"""`python -m stack`: run Relief on this machine until Ctrl-C, as `make run` does."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from shared.errors import ReliefError
from shared.running import DEFAULT_DATA
from stack.local import Plan, Stack

log = logging.getLogger("stack")


def main() -> int:
    """Start all processes, log the URL, and stop them at SIGINT, SIGTERM or SIGHUP; 1 where they cannot start."""
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=DEFAULT_DATA, help="folder of photos, results, job records and logs"
    )
    parser.add_argument("--port", type=int, default=8000, help="port of the page and the API; 0: any free one")
    parser.add_argument("--depth-workers", type=int, default=1)
    parser.add_argument("--model-workers", type=int, default=1)
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    plan = Plan(chosen.data.resolve(), chosen.depth_workers, chosen.model_workers, port=chosen.port)
    try:
        with Stack(plan) as stack:
            log.info("Relief is at %s (Ctrl-C stops it; logs in %s)", stack.url, plan.data / "logs")
            stop.wait()
            log.info("stopping")
    except ReliefError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
