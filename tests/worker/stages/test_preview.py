"""The rough point cloud that the depth stage stores before its long work."""

import gzip
import threading
from collections.abc import Sequence

import pytest

from shared.cloud.format import cloud_from_bytes
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Job, Stage, State
from shared.results import ROUGH
from stack.processes import wait_until
from tests.support.jobs import BOTH
from tests.support.stages import HEIGHT, WIDTH, RampNetwork, queue_job, states
from worker import pipeline
from worker.depth.estimator import Photo


@pytest.fixture
def slow():
    """A network that waits, once it has given its rough depth maps, until it is told to go on."""
    go_on = threading.Event()
    yield RampNetwork(lambda _: go_on.wait(20)), go_on
    go_on.set()


def patient(store, jobs: Sequence[Job]) -> RampNetwork:
    """A network that goes on once the rough clouds of those jobs are there, which would come too late at its end."""
    return RampNetwork(lambda _: wait_until("rough clouds", lambda: rough_is_there(store, jobs)))


def running(runner, stage: Stage = Stage.DEPTH) -> threading.Thread:
    thread = threading.Thread(target=runner.run, args=(stage,))
    thread.start()
    return thread


def rough_is_there(store, jobs: Sequence[Job]) -> bool:
    return all(store.jobs.get(job.id).preview for job in jobs)


def test_it_is_there_for_each_photo_of_a_batch_while_the_network_is_at_work(store, storage, runner_of, slow):
    network, go_on = slow
    runner = runner_of(network)
    go_on.set()
    queue_job(store, storage)
    runner.run(Stage.DEPTH)  # how quick it is is known from then on
    go_on.clear()
    jobs = [queue_job(store, storage, red, BOTH) for red in (40, 90, 140)]
    thread = running(runner)
    wait_until("three rough clouds", lambda: rough_is_there(store, jobs))
    assert network.sizes == [1, 3]
    for job, red in zip(jobs, (40, 90, 140), strict=True):
        file = store.jobs.get(job.id).preview
        assert file is not None
        cloud = cloud_from_bytes(gzip.decompress(storage.read(job.id, file.folder, ROUGH)))
        assert (cloud.camera.width, cloud.camera.height) == (WIDTH // 4, HEIGHT // 4)
        assert abs(int(cloud.rgb[..., 0].mean()) - red) < 8
    go_on.set()
    thread.join()


def test_whoever_has_waited_for_long_gets_none(store, storage, runner_of):
    late, soon = (queue_job(store, storage, steps=BOTH) for _ in range(2))
    store.redis.hincrby(f"relief:job:{late.id}", "queued_ms", -10_500)
    network = RampNetwork(lambda _: len(network.sizes) == 1 or wait_until("its", lambda: rough_is_there(store, [soon])))
    runner_of(network).run(Stage.DEPTH)
    assert network.sizes == [1, 1]
    assert [store.jobs.get(job.id).preview is None for job in (late, soon)] == [True, False]


def test_it_is_gone_from_storage_when_the_points_are_there(store, storage, runner_of):
    job = queue_job(store, storage, steps=BOTH)
    runner = runner_of(patient(store, [job]))
    runner.run(Stage.DEPTH)
    file = store.jobs.get(job.id).preview
    assert file is not None and file.folder in storage.folders(job.id)
    runner.run(Stage.MODEL)
    done = store.jobs.get(job.id)
    assert (done.state, done.rough) == (State.SUCCEEDED, None)
    assert set(storage.folders(job.id)) == {"photo", *(each.folder for each in done.files.values())}


def test_it_is_not_made_where_no_point_cloud_follows(store, storage, runner_of):
    job = queue_job(store, storage, steps=(Stage.DEPTH,))
    runner_of(RampNetwork()).run(Stage.DEPTH)
    assert set(storage.folders(job.id)) == {"photo", store.jobs.get(job.id).files["depth.npz"].folder}


def test_a_job_whose_rough_cloud_cannot_be_made_goes_on_without_it(store, storage, runner_of, monkeypatch, caplog):
    def fail(*_: object) -> dict[str, bytes]:
        raise ValueError("no such colour")

    monkeypatch.setattr(pipeline, "rough_files", fail)
    job = queue_job(store, storage, steps=BOTH)
    runner_of(RampNetwork()).run(Stage.DEPTH)
    assert store.jobs.get(job.id).stage is Stage.MODEL
    assert "no rough point cloud" in caplog.text and "no such colour" in caplog.text


def test_a_canceled_job_keeps_no_rough_cloud_that_comes_late(store, storage, runner_of, slow):
    network, go_on = slow
    job = queue_job(store, storage, steps=BOTH)
    thread = running(runner_of(network))
    wait_until("a rough cloud", lambda: rough_is_there(store, [job]))
    store.jobs.cancel(job.id)
    go_on.set()
    thread.join()
    assert states(store, [job]) == [State.CANCELED]
    assert storage.folders(job.id) in ([], ["photo"])


def test_what_a_killed_run_left_goes_when_the_next_one_counts(store, storage, runner_of):
    job = queue_job(store, storage, steps=BOTH)
    [killed] = store.claims.claim(Stage.DEPTH, limit=1, lease_s=0.01, stage_limit_s=9)
    storage.write(job.id, killed.rough_folder, ROUGH, b"written, and not yet counted")
    wait_until("the lease has run out", lambda: store.upkeep.sweep(attempts=3) == (1, 0))
    runner_of(patient(store, [job])).run(Stage.DEPTH)
    now = store.jobs.get(job.id)
    assert now.rough is not None
    assert set(storage.folders(job.id)) == {"photo", now.rough.folder, now.files["depth.npz"].folder}


def test_a_failed_job_that_is_tried_again_has_a_new_one(store, storage, runner_of):
    def fail_once(_: Sequence[Photo]) -> None:
        if len(network.sizes) <= 3:
            raise RuntimeError("the device gave up")
        wait_until("a rough cloud", lambda: rough_is_there(store, [job]))

    network = RampNetwork(fail_once)
    runner = runner_of(network)
    job = queue_job(store, storage, steps=BOTH)
    for _ in range(3):
        runner.run(Stage.DEPTH)
    failed = store.jobs.get(job.id)
    assert (failed.state, failed.rough) == (State.FAILED, None)
    store.jobs.retry(job.id, UNLIMITED)
    runner.run(Stage.DEPTH)
    assert rough_is_there(store, [job])
