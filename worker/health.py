"""`python -m worker.health`: exit 0 while this host's worker says that it is alive; the container's health check."""

from __future__ import annotations

import logging
import socket
import sys

from shared.jobs.statistics import Statistics
from shared.redis.connection import connect
from shared.settings import Settings


def main() -> int:
    """Ask the register of workers for one of this host."""
    statistics = Statistics(connect(Settings.from_environment().redis_url)).by_stage()
    host = f"{socket.gethostname()}:".encode()
    if any(name.startswith(host) for stage in statistics.values() for name in stage.workers):
        return 0
    logging.error("no worker of this host has been heard of lately")
    return 1


if __name__ == "__main__":
    sys.exit(main())
