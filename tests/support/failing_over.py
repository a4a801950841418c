"""Users who upload to two fronts, and workers with a network that is none, while Redis fails over."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import numpy as np
from redis.exceptions import RedisError

from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps, celery_app
from shared.photo.decode import jpeg_from_pixels
from shared.redis.connection import connect
from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage
from tests.support.fronts import running_front
from tests.support.invariants import assert_settled, assert_whole, is_tidy, wait_for
from tests.support.jobs import Store, all_jobs
from tests.support.requests import API
from tests.support.stages import RampNetwork
from worker.stages.runner import StageRunner
from worker.sweeper import Sweeper

USERS, WORKERS, FRONTS = 3, 2, 2
LEASE_S = 3.0
PAUSE_S = 0.1  # between two requests of a user
WANTED = {"steps": "depth", "wait": "1"}  # the front listens to changes meanwhile
PHOTO = jpeg_from_pixels(np.full((64, 96, 3), (90, 80, 70), np.uint8))
NO_LIMITS = {"RELIEF_RATE": "100000/minute", "RELIEF_UPLOAD_RATE": "100000/minute", "RELIEF_OWNER_WAITING": "10000"}


class Load:
    """What the users were answered: ids of jobs by the key of the request, and how often which status."""

    def __init__(self, settings: Settings, urls: list[str]) -> None:
        self.acknowledged: dict[str, str] = {}
        self.answers: Counter[int | str] = Counter()
        self.stopped, self._idle = threading.Event(), threading.Event()
        users = [threading.Thread(target=self._upload, args=(urls[number % FRONTS],)) for number in range(USERS)]
        workers = [threading.Thread(target=self._work, args=(settings,)) for _ in range(WORKERS)]
        self._users, self._workers = users, [*workers, threading.Thread(target=self._sweep, args=(settings,))]
        for thread in (*self._users, *self._workers):
            thread.start()

    def wait_for_more(self, count: int, timeout_s: float = 60.0) -> None:
        """Wait until so many more jobs are acknowledged."""
        wanted, deadline = len(self.acknowledged) + count, time.monotonic() + timeout_s
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, self.answers
            time.sleep(0.05)

    def end_uploads(self) -> None:
        """Have each user end once its last request is acknowledged."""
        self.stopped.set()
        for user in self._users:
            user.join()

    def end(self) -> None:
        """End all threads."""
        self.end_uploads()
        self._idle.set()
        for worker in self._workers:
            worker.join()

    def _upload(self, url: str) -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            while not self.stopped.wait(PAUSE_S):
                key = uuid.uuid4().hex
                while key not in self.acknowledged:
                    self._try(client, key)
                    time.sleep(PAUSE_S)

    def _try(self, client: httpx.Client, key: str) -> None:
        headers = {"Idempotency-Key": key}
        try:
            answer = client.post(f"{API}/jobs", params=WANTED, files={"photo": PHOTO}, headers=headers)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return
        self.answers[answer.status_code] += 1
        if answer.is_success:
            self.acknowledged[key] = answer.json()["id"]

    def _work(self, settings: Settings) -> None:
        redis = connect(settings.redis_url)
        storage, wakeups = FolderStorage(settings.data), WakeUps(celery_app(settings.redis_url))
        runner = StageRunner(redis, storage, wakeups, settings, load=lambda _: RampNetwork())
        while not self._idle.wait(0.05):
            try:
                runner.run(Stage.DEPTH)
            except RedisError:
                continue  # as Celery does, which logs it
        redis.close()

    def _sweep(self, settings: Settings) -> None:
        redis = connect(settings.redis_url)
        wakeups = WakeUps(celery_app(settings.redis_url))
        sweeper = Sweeper(redis, FolderStorage(settings.data), wakeups, attempts=9, worker="one")
        while not self._idle.wait(0.5):
            try:
                sweeper.sweep()
            except RedisError:
                continue  # as it does itself, which logs it
        redis.close()


@contextmanager
def loaded(redis_url: str, data: Path) -> Iterator[tuple[Load, Store, FolderStorage]]:
    """The load, the records as Relief sees them, and the storage."""
    settings = Settings(redis_url=redis_url, data=data, depth_model="portrait", lease_s=LEASE_S)
    redis = connect(redis_url)
    redis.flushall()
    with ExitStack() as fronts:
        urls = [fronts.enter_context(running_front(settings, **NO_LIMITS))[1] for _ in range(FRONTS)]
        load = Load(settings, urls)
        try:
            yield load, Store.of(redis), FolderStorage(data)
        finally:
            load.end()
            redis.close()


def assert_each_job_once(load: Load, store: Store, storage: Storage) -> None:
    """Each request that was acknowledged has made one job, which has ended, once, with all of its files."""
    load.end_uploads()
    wait_for("the end of all jobs", lambda: all(job.ended for job in all_jobs(store)))
    jobs = all_jobs(store)
    assert set(load.answers) <= {200, 202, 503}, load.answers
    assert sorted(load.acknowledged.values()) == [job.id for job in jobs]
    assert store.statistics.counters()["done:depth"] == len(jobs)
    wait_for("the last runs to tidy up", lambda: all(is_tidy(job, storage) for job in jobs))
    for job in jobs:
        assert_whole(job, storage)
    assert_settled(store)
