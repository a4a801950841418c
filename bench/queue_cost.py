"""What does each question cost Redis, and a forecast the front, while 1 to 10,000 users wait?"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from redis import Redis

from shared.jobs.claims import Claim
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage
from shared.jobs.workers import Workers
from shared.redis.connection import connect
from stack.valkey import start_valkey
from tests.support.jobs import ALL, NOTHING, Store, a_job, claim
from web.forecast import forecast

USERS = (1, 100, 1_000, 10_000)
GROUPS = {"each at an address of their own": None, "at ten addresses": 10}
CALLS, ROUNDS = 30, 3
FORECASTS = 3
HEAD = (
    "| users | create | claim one | finish | position | figures | forecast asks | forecast, ms | a round | a recount |"
)


def main() -> None:
    """Print the tables."""
    print(
        "## What waits, and what it costs\n\nMicroseconds of Redis for each; a forecast, milliseconds of the front.\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_valkey(Path(folder))
        redis = connect(url)
        for where, groups in GROUPS.items():
            print(f"Users {where}, with a job each:\n\n{HEAD}\n|{'---|' * (HEAD.count('|') - 1)}")
            for users in USERS:
                redis.flushall()
                costs = [f"{users:,}", *(f"{cost:.3g}" for cost in _costs(redis, users, groups))]
                print(f"| {' | '.join(costs)} |", flush=True)
            print()
        redis.close()
        server.stop()


def _costs(redis: Redis, users: int, groups: int | None) -> Sequence[float]:
    """What the head of the table says, while so many users wait."""
    store = Store.of(redis)

    def create(number: int) -> str:
        group = f"group {number % groups}" if groups else ""
        return store.jobs.create(a_job(f"user {number}", ALL, group=group), UNLIMITED).id

    ids = [create(number) for number in range(users)]
    _finish(store, claim(store))
    create(users)
    last = store.jobs.get(ids[-1])
    held: list[Claim] = []
    costs = [
        _cost_us(redis, lambda number: create(users + 1 + number)),
        _cost_us(redis, lambda _: held.extend(claim(store))),
        _cost_us(redis, lambda number: _finish(store, held[number : number + 1])),
    ]
    for number in range(CALLS):
        create(users + CALLS + 1 + number)
    return [
        *costs,
        _cost_us(redis, lambda _: store.statistics.jobs_before(last)),
        _cost_us(redis, lambda _: _figures(store)),
        _cost_us(redis, lambda _: store.statistics.queue()),
        _forecast_ms(store),
        _cost_us(redis, lambda _: _round(store)),
        _cost_us(redis, lambda _: store.upkeep.recount()),
    ]


def _finish(store: Store, claims: Sequence[Claim]) -> None:
    for held in claims:
        store.claims.finish(held, NOTHING)


def _figures(store: Store) -> None:
    """What /metrics asks."""
    store.statistics.by_stage()
    store.statistics.counters()
    for stage in Stage:
        store.statistics.oldest_wait_s(stage)


def _round(store: Store) -> None:
    """What the sweeper does each second."""
    store.upkeep.sweep(3)
    store.upkeep.missing_wakeups()
    store.upkeep.expire()
    if hasattr(store.upkeep, "check_counts"):
        store.upkeep.check_counts()


def _cost_us(redis: Redis, act: Callable[[int], object]) -> float:
    """The mean time of the scripts that a call runs, by Redis's own clock, in the best of some rounds."""
    rounds = []
    for first in range(0, CALLS, CALLS // ROUNDS):
        redis.config_resetstat()
        for number in range(first, first + CALLS // ROUNDS):
            act(number)
        rounds.append(float(redis.info("commandstats")["cmdstat_evalsha"]["usec"]) / (CALLS // ROUNDS))
    return min(rounds)


def _forecast_ms(store: Store) -> float:
    """The front's own time for a forecast: to read the answer, and to simulate."""
    for stage in Stage:
        Workers(store.redis).announce(stage, "depth" if stage is Stage.DEPTH else "model")
    began_s = time.process_time()
    for _ in range(FORECASTS):
        forecast(store.statistics.queue(), 8)
    return 1000 * (time.process_time() - began_s) / FORECASTS


if __name__ == "__main__":
    main()
