"""`python -m worker.dead list | retry ID...`: the jobs that were given up after too many attempts, for operators."""

from __future__ import annotations

import argparse
import logging
import sys

from shared.errors import ReliefError, SettingsError
from shared.jobs.jobs import Jobs
from shared.jobs.limits import UNLIMITED
from shared.jobs.upkeep import Upkeep
from shared.jobs.wakeups import WakeUps, celery_app
from shared.redis.connection import connect
from shared.running import running_redis_url

log = logging.getLogger("worker.dead")


def main() -> int:
    """List them, or queue some of them again."""
    parser = argparse.ArgumentParser(prog="python -m worker.dead", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the jobs given up, the oldest first")
    actions.add_parser("retry", help="queue jobs again").add_argument("job_ids", nargs="+", metavar="ID")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        url = running_redis_url()
    except SettingsError as error:
        log.error("%s", error)
        return 1
    redis = connect(url)
    if chosen.action == "list":
        for job in Upkeep(redis).given_up():
            log.info(
                "%s  %s  %s x %s px  %s attempts", job.id, job.stage, job.photo.width, job.photo.height, job.attempt
            )
        return 0
    jobs, wakeups = Jobs(redis), WakeUps(celery_app(url))
    try:
        for job_id in chosen.job_ids:
            wakeups.send(jobs.retry(job_id, UNLIMITED).stage)
    except ReliefError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
