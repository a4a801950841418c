"""The depth stage on a real Valkey and real files; the network is replaced by ones that behave badly."""

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest

from shared.jobs.limits import UNLIMITED
from shared.jobs.record import DisparityInfo, PhotoInfo, Stage, State
from shared.jobs.wakeups import WakeUps, celery_app
from shared.maps.disparity import Disparity
from shared.maps.disparity_files import bytes_from_disparity
from shared.results import DISPARITY, PHOTO
from shared.storage.base import PHOTO_FOLDER
from stack.processes import wait_until
from tests.support.stages import HEIGHT, MARKED, WIDTH, RampNetwork, is_marked, queue_job, states
from worker.depth.estimator import Photo
from worker.stages.runner import StageRunner


@pytest.mark.parametrize(
    ("photos", "bounds", "sizes"),
    [
        (7, {"depth_batch": 3}, [1, 3, 3]),
        (7, {"depth_batch": 5, "depth_batch_mp": 2.5 * WIDTH * HEIGHT / 1e6}, [1, 2, 2, 2]),
        (3, {"depth_batch_mp": 0.001}, [1, 1, 1]),  # one larger than a batch may be goes alone
    ],
    ids=["photos", "pixels", "large"],
)
def test_waiting_photos_share_a_pass_up_to_the_bounds_of_a_batch(store, storage, runner_of, photos, bounds, sizes):
    jobs = [queue_job(store, storage) for _ in range(photos)]
    network = RampNetwork()
    runner_of(network, **bounds).run(Stage.DEPTH)
    assert network.sizes == sizes
    assert set(states(store, jobs)) == {State.SUCCEEDED}
    for job in jobs:
        assert set(storage.folders(job.id)) == {"photo", store.jobs.get(job.id).files["depth.npz"].folder}


def test_where_a_photo_takes_as_long_as_a_batch_may_each_goes_alone_and_whoever_comes_is_next(
    store, storage, runner_of, monkeypatch
):
    monkeypatch.setattr("shared.jobs.batches.LONGEST_BATCH_S", 0.05)
    mine = [queue_job(store, storage, steps=(Stage.DEPTH, Stage.MODEL)) for _ in range(4)]
    order, ready = [], []

    def work(photos: Sequence[Photo]) -> None:
        order.append("mine" if photos[0].pixels[..., 0].mean() > 60 else "theirs")
        ready.append(sum(store.jobs.get(job.id).stage is Stage.MODEL for job in mine))
        if len(order) == 2:
            queue_job(store, storage, red=30, owner="bob")
        time.sleep(0.3)

    network = RampNetwork(work)
    runner_of(network).run(Stage.DEPTH)
    assert network.sizes == [1] * 5
    assert order == ["mine", "mine", "mine", "theirs", "mine"]  # they take turns
    assert ready[3] >= 2  # each is stored while the next is at work


def test_an_idle_worker_waits_for_no_fuller_batch(store, storage, runner_of):
    joined = threading.Event()
    network = RampNetwork(lambda _: joined.wait(20))
    runner = runner_of(network, depth_batch_wait_ms=1000)
    joined.set()
    queue_job(store, storage)
    runner.run(Stage.DEPTH)  # how quick it is is known from then on
    joined.clear()
    first = queue_job(store, storage)
    thread = threading.Thread(target=runner.run, args=(Stage.DEPTH,))
    thread.start()
    wait_until("the first is taken", lambda: store.jobs.get(first.id).state is State.RUNNING)
    second = queue_job(store, storage)
    joined.set()
    thread.join()
    assert states(store, [first, second]) == [State.SUCCEEDED] * 2
    assert network.sizes == [1, 1, 1]


def test_a_batch_costs_each_of_its_jobs_its_part_and_to_load_a_model_is_no_jobs_cost(store, storage, settings):
    def load(_: str) -> RampNetwork:
        time.sleep(1.5)
        return RampNetwork(lambda _: time.sleep(0.1))

    chosen = settings.model_copy(update={"depth_model": "portrait"})
    runner = StageRunner(store.redis, storage, WakeUps(celery_app(settings.redis_url)), chosen, load=load)
    for _ in range(5):
        queue_job(store, storage)
    runner.run(Stage.DEPTH)
    counted = store.statistics.counters()
    assert (counted["done:depth"], counted["batches:depth"]) == (5, 2)
    assert 0.2 <= counted["seconds:depth"] < 1.5  # of two batches of 0.1 s


def test_the_estimator_gets_what_the_record_says_of_the_photos_file(store, storage, runner_of):
    said = {"focal_35mm": 28.5, "focal_doubt": "Cut out.", "damage": "Cut short."}
    queue_job(store, storage, photo=PhotoInfo(width=WIDTH, height=HEIGHT, **said))
    seen: list[Photo] = []
    runner_of(RampNetwork(seen.extend)).run(Stage.DEPTH)
    assert {name: getattr(seen[0], name) for name in said} == said


def test_the_network_gets_the_disparity_map_that_came_with_a_photo_each_time(store, storage, runner_of):
    values = np.tile(np.arange(12, dtype=np.float32), (8, 1))
    file = bytes_from_disparity(Disparity.of(values))
    job = queue_job(store, storage, disparity=DisparityInfo(width=12, height=8, bytes=len(file)))
    storage.write(job.id, PHOTO_FOLDER, DISPARITY, file)
    queue_job(store, storage)
    seen: list[Photo] = []
    runner = runner_of(RampNetwork(seen.extend))
    runner.run(Stage.DEPTH)
    store.jobs.requeue(job.id, Stage.DEPTH, (Stage.DEPTH,), limits=UNLIMITED)
    runner.run(Stage.DEPTH)
    maps = [photo.disparity.values if photo.disparity else None for photo in seen]
    assert np.array_equal(maps[0], values) and maps[1] is None and np.array_equal(maps[2], values)


def test_a_damaged_stored_disparity_map_fails_alone(store, storage, runner_of):
    torn = queue_job(store, storage, disparity=DisparityInfo(width=12, height=8, bytes=9))
    storage.write(torn.id, PHOTO_FOLDER, DISPARITY, b"PK\x03\x04torn")
    good = queue_job(store, storage)
    runner_of(RampNetwork()).run(Stage.DEPTH)
    assert states(store, [good, torn]) == [State.SUCCEEDED, State.FAILED]


def test_one_bad_photo_fails_alone(store, storage, runner_of):
    good, bad, other = queue_job(store, storage), queue_job(store, storage, MARKED), queue_job(store, storage)
    runner_of(RampNetwork()).run(Stage.DEPTH)
    assert states(store, [good, bad, other]) == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED]
    error = store.jobs.get(bad.id).error
    assert error is not None and error.detail == "this photo cannot be used"


def test_a_photo_that_breaks_its_batch_fails_alone_and_the_others_succeed(store, storage, runner_of):
    def break_on_marked(photos: Sequence[Photo]) -> None:
        if any(is_marked(photo) for photo in photos):
            raise RuntimeError("the device gave up")

    network = RampNetwork(break_on_marked)
    runner = runner_of(network)
    queue_job(store, storage)
    runner.run(Stage.DEPTH)  # how quick it is is known from then on
    jobs = [queue_job(store, storage, red) for red in (90, MARKED, 90, 90)]
    runner.run(Stage.DEPTH)
    assert states(store, jobs) == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED, State.SUCCEEDED]
    assert network.sizes[:2] == [1, 4]
    assert set(network.sizes[2:]) == {1}
    error = store.jobs.get(jobs[1].id).error
    assert error is not None and error.type == "internal"


def test_a_damaged_stored_photo_fails_alone(store, storage, runner_of):
    good, torn = queue_job(store, storage), queue_job(store, storage)
    storage.write(torn.id, PHOTO_FOLDER, PHOTO, b"\xff\xd8\xff")
    runner_of(RampNetwork()).run(Stage.DEPTH)
    assert states(store, [good, torn]) == [State.SUCCEEDED, State.FAILED]


def test_a_job_longer_than_its_lease_is_not_run_twice(store, storage, runner_of):
    job = queue_job(store, storage)
    sweeping = threading.Event()

    def sweep() -> None:
        while not sweeping.wait(0.05):
            store.upkeep.sweep(attempts=3)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    network = RampNetwork(lambda _: time.sleep(2))  # more than three leases
    runner_of(network).run(Stage.DEPTH)
    sweeping.set()
    sweeper.join()
    after = store.jobs.get(job.id)
    assert (after.state, after.attempt, network.sizes) == (State.SUCCEEDED, 1, [1])


def test_a_hung_run_is_taken_over_at_the_hard_limit_and_its_late_result_does_not_count(store, storage, runner_of):
    job = queue_job(store, storage)
    hung = threading.Event()
    first = threading.Thread(
        target=runner_of(RampNetwork(lambda _: hung.wait(20)), stage_limit_s=0.3, lease_s=0.3).run, args=(Stage.DEPTH,)
    )
    first.start()
    deadline = time.monotonic() + 15
    while store.upkeep.sweep(attempts=3) != (1, 0):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    second = RampNetwork()
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
    network = RampNetwork(lambda _: stop.set())
    chosen = settings.model_copy(update={"depth_model": "portrait", "depth_batch": 2})
    wakeups = WakeUps(celery_app(settings.redis_url))
    StageRunner(store.redis, storage, wakeups, chosen, stopping=stop.is_set, load=lambda _: network).run(Stage.DEPTH)
    seen = states(store, jobs)
    assert State.RUNNING not in seen
    assert 1 <= seen.count(State.SUCCEEDED) <= 4  # what it had in hand, and what was being read
    assert seen.count(State.QUEUED) == 6 - seen.count(State.SUCCEEDED)
