"""`python -m worker.health`: exit 0 while this host's worker says that it is alive; the container's health check.

With `--storage` the storage has to answer too, which the start-up probe of deploy/helm asks for.
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from collections.abc import Sequence

from shared.jobs.statistics import Statistics
from shared.redis.connection import connect
from shared.settings import Settings
from shared.storage import storage_from


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask the register of workers for one of this host.

    Raises:
        RedisError, OSError: Redis or the storage does not answer, or not to these credentials.
    """
    parser = argparse.ArgumentParser(prog="python -m worker.health", description=__doc__)
    parser.add_argument("--storage", action="store_true", help="ask the storage too")
    chosen, settings = parser.parse_args(arguments), Settings.from_environment()
    if chosen.storage:
        storage_from(settings).check()
    statistics = Statistics(connect(settings.redis_url)).by_stage()
    host = f"{socket.gethostname()}:".encode()
    if any(name.startswith(host) for stage in statistics.values() for name in stage.workers):
        return 0
    logging.error("no worker of this host has been heard of lately")
    return 1


if __name__ == "__main__":
    sys.exit(main())
