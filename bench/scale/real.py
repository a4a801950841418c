"""Real runs on this machine: recorded photos through a whole stack, or through depth workers that stand for GPUs."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from statistics import mean

import httpx

from bench.scale.recorded import BATCHES, RUNS, SECONDS, Seen, seen_of
from bench.scale.turns import Photo
from bench.stages import portrait_of
from shared.jobs.keys import Key
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage, State
from shared.jobs.wakeups import WakeUps, celery_app
from shared.redis.connection import connect
from shared.results import PHOTO
from shared.storage.base import PHOTO_FOLDER
from shared.storage.folder import FolderStorage
from stack.local import PROJECT, Plan, Stack
from stack.processes import Command, Supervised, wait_until
from stack.valkey import start_valkey
from tests.support.jobs import Store, a_job

THREADS = 64
END_S = 300.0
WARM_UP = 24
STANDIN_SIDE_PX = 384
ONE_CORE_EACH = {"RELIEF_THREADS": "1", "RELIEF_RATE": "1000000/minute"}


@dataclass(frozen=True)
class Ran:
    """What became of the photos; seconds of the depth stage for one; photos and seconds of each batch of a stand-in."""

    seen: list[Seen]
    own_depth_s: float
    batches: list[tuple[int, float]]

    @property
    def batch(self) -> float:
        """Photos of a batch, in the mean; 1 where there were none but single ones."""
        return mean(photos for photos, _ in self.batches) if self.batches else 1.0


def whole_stack(photos: Sequence[Photo], side_px: int) -> Ran:
    """Send them by HTTP to a stack with one worker of each kind, which has warmed up."""
    data = portrait_of(side_px)
    with tempfile.TemporaryDirectory() as folder, Stack(Plan(Path(folder), settings=ONE_CORE_EACH)) as stack:
        store = Store.of(connect(stack.redis_url))
        for _ in range(2):
            _post(stack.url, data, [Photo(0, 0, 0.0)])
        _all_ended(store, 2)
        before = store.statistics.counters()
        sent = _at_their_times(photos, lambda owned: _post(stack.url, data, owned))
        ran = _ran(store, sent, before)
        store.redis.close()
    return ran


def standins(photos: Sequence[Photo], workers: tuple[int, int], stages_s: Sequence[float]) -> Ran:
    """Create their jobs for depth and model workers that only wait, so long for a photo in each stage."""
    image = portrait_of(STANDIN_SIDE_PX)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server, url = start_valkey(folder / "valkey")
        environment = {"REDIS_URL": url, "RELIEF_DATA": name, "DEPTH_MODEL": "portrait", **ONE_CORE_EACH}
        environment[SECONDS] = ",".join(map(str, stages_s))
        queues = ["depth"] * workers[0] + ["model,head,export"] * workers[1]
        started = [_standin(f"{number}", queue, environment, folder) for number, queue in enumerate(queues)]
        try:
            store, storage = Store.of(connect(url)), FolderStorage(folder)
            wakeups = WakeUps(celery_app(url))
            wait_until("workers", lambda: _alive(store) == workers)
            act = partial(_create, store, storage, wakeups, image)
            warm = act([Photo(index, 0, 0.0, steps=photos[0].steps) for index in range(WARM_UP)])
            _all_ended(store, len(warm))
            store.redis.delete(BATCHES, RUNS)
            before = store.statistics.counters()
            ran = _ran(store, _at_their_times(photos, act), before)
            store.redis.close()
        finally:
            for each in (*started, server):
                each.stop()
    return ran


def _alive(store: Store) -> tuple[int, int]:
    known = store.statistics.by_stage()
    return len(known[Stage.DEPTH].workers), len(known[Stage.MODEL].workers)


def _standin(number: str, queues: str, environment: dict[str, str], folder: Path) -> Supervised:
    app = ["-A", "bench.scale.standin", "worker", "-Q", queues, "-n", f"worker{number}@%h"]
    argv = [sys.executable, "-m", "celery", *app, "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Supervised(
        Command(number, argv, {**environment, "PYTHONPATH": str(PROJECT)}, folder / f"worker{number}.log")
    )


Sent = dict[str, float]
"""When each job was sent, in seconds since 1970, by its id."""


def _at_their_times(photos: Sequence[Photo], act: Callable[[list[Photo]], Sent]) -> Sent:
    """Act at each time with the photos that an owner sends then."""
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        futures = []
        for (sent_s, _), owned in groupby(photos, key=lambda photo: (photo.sent_s, photo.owner)):
            time.sleep(max(0.0, began + sent_s - time.monotonic()))
            futures.append(pool.submit(act, list(owned)))
        return {job_id: at_s for future in futures for job_id, at_s in future.result().items()}


def _post(url: str, data: bytes, photos: Sequence[Photo]) -> Sent:
    """Send an owner's photos one after another."""
    sent: Sent = {}
    with httpx.Client(base_url=url, timeout=60) as owner:
        for photo in photos:
            at_s = time.time()
            form = {"steps": ",".join(photo.steps)}
            answer = owner.post("/api/v1/jobs", files={"photo": ("p.jpg", data)}, data=form).raise_for_status()
            sent[answer.json()["id"]] = at_s
    return sent


def _create(store: Store, storage: FolderStorage, wakeups: WakeUps, image: bytes, photos: Sequence[Photo]) -> Sent:
    """Create an owner's jobs without a front."""
    sent: Sent = {}
    for photo in photos:
        new, at_s = a_job(f"owner {photo.owner}", photo.steps, group="all"), time.time()
        storage.write(new.id, PHOTO_FOLDER, PHOTO, image)
        store.jobs.create(new, UNLIMITED)
        wakeups.send(Stage.DEPTH)
        sent[new.id] = at_s
    return sent


def _all_ended(store: Store, jobs: int) -> None:
    """Wait until so many jobs are known, and none of them waits or runs."""

    def ended() -> bool:
        busy = store.statistics.queue()
        return not busy.waiting and not busy.running and store.redis.zcard(Key.JOBS) >= jobs

    wait_until("the jobs' ends", ended, timeout_s=END_S)


def _ran(store: Store, sent: Sent, before: dict[str, float]) -> Ran:
    _all_ended(store, len(sent))
    jobs = [store.jobs.get(job_id) for job_id in sent]
    if failed := [job.id for job in jobs if job.state is not State.SUCCEEDED]:
        raise RuntimeError(f"{len(failed)} jobs did not succeed")
    after = store.statistics.counters()
    depth_s, depths = (after[name] - before.get(name, 0.0) for name in ("seconds:depth", "done:depth"))
    batches = [row.decode().split() for row in store.redis.lrange(BATCHES, 0, -1)]
    sizes = [(int(photos), float(seconds)) for photos, seconds in batches]
    rows = [row.decode().split() for row in store.redis.lrange(RUNS, 0, -1)]
    workers = {(job_id, stage): worker for worker, job_id, stage in rows}
    return Ran([seen_of(job, sent[job.id], workers) for job in jobs], depth_s / depths, sizes)
