"""What a photo's records, claims, news and wake-ups cost Redis where many photos are at work at once."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from redis import Redis

from shared.jobs.claims import Finished
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage, StoredFile
from shared.jobs.wakeups import WakeUps, celery_app
from shared.redis.connection import connect
from stack.valkey import start_valkey
from tests.support.jobs import ALL, Store, a_job

THREADS = 8
PHOTOS_EACH = 50
POLLS = 5  # of a page that asks once a second
RENEWALS = 1  # of a lease in a stage, each of which is about as long as a renewal's period
FILES = {Stage.DEPTH: 4, Stage.MODEL: 4, Stage.HEAD: 6, Stage.EXPORT: 6}  # that a stage leaves, about
LEASE_S = 8.0


def busy_redis_s() -> float:
    """CPU seconds of Redis's main thread for a photo, with THREADS photos under way."""
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_valkey(Path(folder))
        redis = connect(url)
        store, wakeups = Store.of(redis), WakeUps(celery_app(url))
        for stage in Stage:
            wakeups.send(stage)  # connects
        before = main_thread_s(redis)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda number: _photos(store, wakeups, number), range(THREADS)))
        spent_s = main_thread_s(redis) - before
        redis.close()
        server.stop()
    return spent_s / THREADS / PHOTOS_EACH


def main_thread_s(redis: Redis) -> float:
    """CPU seconds of Redis's main thread so far: commands, network, and the append-only file."""
    known = redis.info("cpu")
    return float(known["used_cpu_user_main_thread"] + known["used_cpu_sys_main_thread"])


def _photos(store: Store, wakeups: WakeUps, number: int) -> None:
    for _ in range(PHOTOS_EACH):
        job = store.jobs.create(a_job(f"owner {number}", ALL), UNLIMITED)
        for stage in Stage:
            wakeups.send(stage)
            _deliver(store.redis, stage)
            _run(store, stage)
        for _ in range(POLLS):
            store.jobs.get(job.id)


def _deliver(redis: Redis, stage: Stage) -> None:
    """What a Celery worker asks to take a message and to acknowledge it (kombu's Redis transport)."""
    message = redis.brpop([stage], timeout=1)
    tag, text = str(time.monotonic_ns()), message[1] if message else b""
    redis.pipeline().zadd("bench:unacked_index", {tag: time.time()}).hset("bench:unacked", tag, text).execute()
    redis.pipeline().zrem("bench:unacked_index", tag).hdel("bench:unacked", tag).execute()


def _run(store: Store, stage: Stage) -> None:
    for claim in store.claims.claim(stage, limit=1, lease_s=LEASE_S, stage_limit_s=300):
        for _ in range(RENEWALS):
            store.claims.renew(claim, LEASE_S)
        store.claims.progress(claim, 0.5)
        files = [StoredFile(name=f"f{n}", folder=claim.folder, bytes=1, stage=stage) for n in range(FILES[stage])]
        store.claims.finish(claim, Finished(files, {}))


def main() -> None:
    """Print it."""
    began = time.monotonic()
    cost_s = busy_redis_s()
    per_s = THREADS * PHOTOS_EACH / (time.monotonic() - began)
    print(f"{1000 * cost_s:.2f} ms of Redis a photo, {per_s:.0f} photos a second")
