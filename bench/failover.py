"""How long are writes away when the primary of three Redis servers fails, what is lost, and what does WAIT cost?"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from redis.exceptions import RedisError

from shared.jobs.limits import UNLIMITED
from shared.jobs.new_job import Idempotency
from shared.jobs.record import Stage
from shared.redis.connection import connect
from stack.valkey import start_valkey
from tests.support.jobs import NOTHING, Store, a_job, all_jobs, claim
from tests.support.sentinels import Replicated, replicated

ROUNDS = 3
DOWN_AFTER_MS = 3000  # as deploy/valkey/sentinel.conf has it
BEFORE_S, AFTER_S = 1.5, 3.0
PAUSE_S = 0.005
CUT_S = 1.0  # in which jobs are acknowledged that no replica has, where nothing waits for them
CREATES, TURNS = 100, 5


@dataclass
class Seen:
    """What one client was told: ids of its jobs, and when each was acknowledged."""

    acknowledged: list[str] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)


def main() -> None:
    """Print both tables."""
    print(f"## Redis that fails over\n\nMedian and longest of {ROUNDS} rounds; the jobs are those of all rounds.\n")
    print(
        "| what happens | s until writes go on | acknowledged | lost | made or counted twice |\n|---|---|---|---|---|"
    )
    for what, act, replicas in ROWS:
        print(f"| {what} | {_row(act, replicas)} |", flush=True)
    print("\nMilliseconds of a create, one after the other, on one machine; median of all turns.\n")
    print("| one server | two replicas, none asked | both confirm |\n|---|---|---|")
    print(f"| {' | '.join(f'{cost:.2f}' for cost in _create_ms())} |\n")


def _killed(redis: Replicated) -> None:
    redis.primary().kill()


def _frozen(redis: Replicated) -> None:
    redis.primary().freeze()


def _cut_off_and_killed(redis: Replicated) -> None:
    primary = redis.primary()
    redis.cut_links()
    time.sleep(CUT_S)
    primary.kill()
    redis.mend_links(primary)


def _coordinated(redis: Replicated) -> None:
    redis.fail_over("COORDINATED")


def _goes_on(redis: Replicated) -> None:
    primary, others = redis.primary(), [replica.ask() for replica in redis.replicas()]
    primary.freeze()
    while not any(other.role()[0] == b"master" for other in others):
        time.sleep(PAUSE_S)
    primary.thaw()
    for other in others:
        other.close()


ROWS: list[tuple[str, Callable[[Replicated], None], int]] = [
    ("primary killed", _killed, 1),
    ("primary frozen", _frozen, 1),
    ("primary frozen, and going on just as another takes over", _goes_on, 1),
    ("replicas cut off for 1 s, then the primary killed", _cut_off_and_killed, 1),
    ("the same without `WAIT`", _cut_off_and_killed, 0),
    ("`SENTINEL FAILOVER ... COORDINATED`", _coordinated, 1),
    ("`SENTINEL FAILOVER`", Replicated.fail_over, 1),
]


def _row(act: Callable[[Replicated], None], replicas: int) -> str:
    away_s, acknowledged, lost, twice = zip(*(_round(act, replicas) for _ in range(ROUNDS)), strict=True)
    away = f"{statistics.median(away_s):.1f} ({max(away_s):.1f})"
    return f"{away} | {sum(acknowledged)} | {sum(lost)} | {sum(twice)}"


def _round(act: Callable[[Replicated], None], replicas: int) -> tuple[float, int, int, int]:
    """Seconds without an acknowledged job, jobs acknowledged, jobs of these that are gone, jobs made or done twice."""
    with (
        tempfile.TemporaryDirectory() as folder,
        replicated(Path(folder), DOWN_AFTER_MS, replicas=replicas) as redis,
        connect(redis.url) as client,
    ):
        seen, stopped = Seen(), threading.Event()
        store = Store.of(client)
        threads = [
            threading.Thread(target=_until, args=(stopped, lambda: _create(store, seen))),
            threading.Thread(target=_until, args=(stopped, lambda: _work(store))),
        ]
        for thread in threads:
            thread.start()
        time.sleep(BEFORE_S)
        primary = redis.primary()
        act(redis)
        redis.wait_for_another(primary)
        time.sleep(AFTER_S)
        stopped.set()
        for thread in threads:
            thread.join()
        jobs = {job.id: job for job in all_jobs(store)}
        ended = sum(job.ended for job in jobs.values())
        twice = len(jobs) - len(set(seen.acknowledged) & set(jobs)) if replicas else 0
        twice += round(store.statistics.counters()["done:depth"]) - ended
        gaps = [after - before for before, after in zip(seen.at_s, seen.at_s[1:], strict=False)]
        return max(gaps), len(seen.acknowledged), len(set(seen.acknowledged) - set(jobs)), twice


def _until(stopped: threading.Event, act: Callable[[], None]) -> None:
    while not stopped.wait(PAUSE_S):
        act()


def _create(store: Store, seen: Seen) -> None:
    """Have one job made, as a client does that repeats its request until it is acknowledged."""
    key = Idempotency(uuid.uuid4().hex, "body")
    while True:
        try:
            made = store.jobs.create(a_job(steps=[Stage.DEPTH], idempotency=key), UNLIMITED)
        except RedisError:
            time.sleep(PAUSE_S)
            continue
        seen.acknowledged.append(made.id)
        seen.at_s.append(time.monotonic())
        return


def _work(store: Store) -> None:
    try:
        for held in claim(store):
            store.claims.finish(held, NOTHING)
    except RedisError:
        return  # left to its lease


def _create_ms() -> list[float]:
    """Of one server, and of a primary with two replicas by whether they confirm: milliseconds of a create."""
    with tempfile.TemporaryDirectory() as folder, replicated(Path(folder) / "three") as redis:
        server, url = start_valkey(Path(folder) / "one")
        urls = [url, *(f"{redis.url}&replicas={replicas}" for replicas in (0, 1))]
        clients = [connect(each) for each in urls]
        try:
            turns = [[_one_create_ms(Store.of(client)) for client in clients] for _ in range(TURNS)]
        finally:
            for client in clients:
                client.close()
            server.stop()
    return [statistics.median(column) for column in zip(*turns, strict=True)]


def _one_create_ms(store: Store) -> float:
    taken_ms = []
    for _ in range(CREATES):
        began = time.monotonic()
        store.jobs.create(a_job(), UNLIMITED)
        taken_ms.append(1000 * (time.monotonic() - began))
    return statistics.median(taken_ms)
