"""What do 1,000 waiting owners cost Redis, in how many client groups they are: each script's own time?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from redis import Redis

from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage
from shared.redis.connection import connect
from stack.valkey import start_valkey
from tests.support.jobs import Store, a_job, claim

OWNERS = 1000
GROUPS = (1, 50, 1000)
CALLS = 50


def main() -> None:
    """Print the table."""
    print(f"## Turns\n\nMicroseconds of Redis for a call, while {OWNERS} owners wait with a job each.\n")
    print("| client groups | create | place in the queue | by stage | claim 1 | claim 8 |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_valkey(Path(folder))
        redis = connect(url)
        for groups in GROUPS:
            redis.flushall()
            print(f"| {groups} | {' | '.join(f'{cost_us:.0f}' for cost_us in _costs_us(redis, groups))} |")
        redis.close()
        server.stop()
    print()


def _costs_us(redis: Redis, groups: int) -> list[float]:
    """The costs of a create, a place, the statistics, and two claims, each with as many owners waiting."""
    store = Store.of(redis)

    def create(number: int) -> str:
        return store.jobs.create(a_job(f"owner {number}", group=f"group {number % groups}"), UNLIMITED).id

    for number in range(OWNERS):
        create(number)
    last = store.jobs.get(create(OWNERS))
    acts: list[Callable[[int], object]] = [
        lambda number: create(OWNERS + 1 + number),
        lambda _: store.statistics.jobs_before(last),
        lambda _: store.statistics.by_stage(),
        lambda _: claim(store, Stage.DEPTH, limit=1),
        lambda _: claim(store, Stage.DEPTH, limit=8),
    ]
    return [_cost_us(redis, act) for act in acts]


def _cost_us(redis: Redis, act: Callable[[int], object]) -> float:
    """The mean time of the scripts that some calls run, by Redis's own clock."""
    before = redis.info("commandstats")["cmdstat_evalsha"]
    for number in range(CALLS):
        act(number)
    after = redis.info("commandstats")["cmdstat_evalsha"]
    return float(after["usec"] - before["usec"]) / (after["calls"] - before["calls"])


if __name__ == "__main__":
    main()
