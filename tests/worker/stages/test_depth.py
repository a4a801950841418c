"""The depth stage of a worker, on a real Valkey and real files; the network is replaced by ones that behave badly."""

import threading
import time
import uuid
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from shared.errors import PhotoError
from shared.jobs.record import Job, PhotoInfo, Stage, State
from shared.jobs.wakeups import WakeUps, celery_app
from shared.photo.decode import jpeg_from_pixels
from shared.results import PHOTO
from shared.settings import Settings
from shared.storage.base import PHOTO_FOLDER, Storage
from shared.storage.folder import FolderStorage
from tests.support.jobs import Store, new_job
from worker.depth.estimator import DepthMap, Photo
from worker.stages.runner import StageRunner

WIDTH, HEIGHT = 96, 64
MARKED = 250  # the red of a photo that the network is to stumble over


class Network:
    """A ramp for each photo; tells the sizes of its batches, and calls `before` with each batch."""

    def __init__(self, before: Callable[[Sequence[Photo]], None] = lambda _: None) -> None:
        self.sizes: list[int] = []
        self._before = before

    def estimate(self, photos: Sequence[Photo]) -> list[DepthMap | PhotoError]:
        self.sizes.append(len(photos))
        self._before(photos)
        return [self._one(photo) for photo in photos]

    def _one(self, photo: Photo) -> DepthMap | PhotoError:
        if is_marked(photo):
            return PhotoError("this photo cannot be used")
        depth = np.tile(np.linspace(500, 600, WIDTH, dtype=np.float32), (HEIGHT, 1))
        return DepthMap(depth, Intrinsics.from_focal((WIDTH, HEIGHT), 90.0), "mm", np.ones_like(depth))


def is_marked(photo: Photo) -> bool:
    return bool(photo.pixels[..., 0].mean() > MARKED - 10)


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return FolderStorage(settings.data)


@pytest.fixture
def runner_of(store: Store, storage: Storage, settings: Settings) -> Callable[..., StageRunner]:
    def make(network: Network, **changed) -> StageRunner:
        chosen = settings.model_copy(update={"depth_model": "portrait", "lease_s": 0.6, **changed})
        wakeups = WakeUps(celery_app(settings.redis_url))
        return StageRunner(store.redis, storage, wakeups, chosen, load=lambda _: network)

    return make


def queue_job(store: Store, storage: Storage, red: int = 90) -> Job:
    job_id = uuid.uuid4().hex
    pixels = np.full((HEIGHT, WIDTH, 3), (red, 80, 70), np.uint8)
    storage.write(job_id, PHOTO_FOLDER, PHOTO, jpeg_from_pixels(pixels))
    photo = PhotoInfo(width=WIDTH, height=HEIGHT)
    return new_job(store, steps=(Stage.DEPTH,), id=job_id, photo=photo)


def states(store: Store, jobs: Sequence[Job]) -> list[State]:
    return [store.jobs.get(job.id).state for job in jobs]


def test_waiting_photos_share_a_pass_up_to_the_batch_size(store, storage, runner_of):
    jobs = [queue_job(store, storage) for _ in range(7)]
    network = Network()
    runner_of(network, depth_batch=3).run(Stage.DEPTH)
    assert network.sizes == [3, 3, 1]
    assert set(states(store, jobs)) == {State.SUCCEEDED}
    for job in jobs:
        assert set(storage.folders(job.id)) == {"photo", store.jobs.get(job.id).files["depth.npz"].folder}


def test_one_bad_photo_fails_alone(store, storage, runner_of):
    good, bad, other = queue_job(store, storage), queue_job(store, storage, MARKED), queue_job(store, storage)
    runner_of(Network()).run(Stage.DEPTH)
    assert states(store, [good, bad, other]) == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED]
    error = store.jobs.get(bad.id).error
    assert error is not None and error.detail == "this photo cannot be used"


def test_a_photo_that_breaks_its_batch_fails_alone_and_its_mates_succeed(store, storage, runner_of):
    def break_on_marked(photos: Sequence[Photo]) -> None:
        if any(is_marked(photo) for photo in photos):
            raise RuntimeError("the device gave up")

    jobs = [queue_job(store, storage, red) for red in (90, MARKED, 90, 90)]
    network = Network(break_on_marked)
    runner_of(network).run(Stage.DEPTH)
    assert states(store, jobs) == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED, State.SUCCEEDED]
    assert network.sizes[0] == 4
    assert set(network.sizes[1:]) == {1}
    error = store.jobs.get(jobs[1].id).error
    assert error is not None and error.type == "internal"


def test_a_damaged_stored_photo_fails_alone(store, storage, runner_of):
    good, torn = queue_job(store, storage), queue_job(store, storage)
    storage.write(torn.id, PHOTO_FOLDER, PHOTO, b"\xff\xd8\xff")
    runner_of(Network()).run(Stage.DEPTH)
    assert states(store, [good, torn]) == [State.SUCCEEDED, State.FAILED]


def test_a_job_longer_than_its_lease_is_not_run_twice(store, storage, runner_of):
    job = queue_job(store, storage)
    sweeping = threading.Event()

    def sweep() -> None:
        while not sweeping.wait(0.05):
            store.upkeep.sweep(attempts=3)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    network = Network(lambda _: time.sleep(2))  # more than three leases
    runner_of(network).run(Stage.DEPTH)
    sweeping.set()
    sweeper.join()
    after = store.jobs.get(job.id)
    assert (after.state, after.attempt, network.sizes) == (State.SUCCEEDED, 1, [1])


def test_a_hung_run_is_taken_over_at_the_hard_limit_and_its_late_result_does_not_count(store, storage, runner_of):
    job = queue_job(store, storage)
    hung = threading.Event()
    first = threading.Thread(
        target=runner_of(Network(lambda _: hung.wait(20)), stage_limit_s=0.3, lease_s=0.3).run, args=(Stage.DEPTH,)
    )
    first.start()
    deadline = time.monotonic() + 15
    while store.upkeep.sweep(attempts=3) != (1, 0):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    second = Network()
    runner_of(second).run(Stage.DEPTH)
    counted = store.jobs.get(job.id)
    assert (counted.state, counted.attempt, second.sizes) == (State.SUCCEEDED, 2, [1])
    hung.set()
    first.join()
    assert store.jobs.get(job.id) == counted
    assert set(storage.folders(job.id)) == {"photo", counted.files["depth.npz"].folder}


def test_a_worker_that_is_told_to_stop_takes_no_more(store, storage, settings):
    jobs = [queue_job(store, storage) for _ in range(6)]
    stop = threading.Event()
    network = Network(lambda _: stop.set())
    chosen = settings.model_copy(update={"depth_model": "portrait", "depth_batch": 2})
    wakeups = WakeUps(celery_app(settings.redis_url))
    StageRunner(store.redis, storage, wakeups, chosen, stopping=stop.is_set, load=lambda _: network).run(Stage.DEPTH)
    seen = states(store, jobs)
    assert State.RUNNING not in seen
    assert 2 <= seen.count(State.SUCCEEDED) <= 4  # what it had in hand, and what was being read
    assert seen.count(State.QUEUED) == 6 - seen.count(State.SUCCEEDED)


def test_many_workers_claiming_at_once_never_share_a_job(store, storage):
    jobs = [queue_job(store, storage) for _ in range(60)]
    claimed: list[str] = []
    start = threading.Barrier(6)

    def claim_all() -> None:
        start.wait()
        while claims := store.claims.claim(Stage.DEPTH, limit=3, lease_s=30, stage_limit_s=60):
            claimed.extend(claim.job.id for claim in claims)

    threads = [threading.Thread(target=claim_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(job.id for job in jobs)
