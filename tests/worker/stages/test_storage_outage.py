"""Storage that refuses a run its files: the job waits, its attempts stay, other jobs go on."""

from contextlib import contextmanager

import pytest
from botocore.config import Config

from shared.jobs.record import Stage, State
from shared.storage.folder import FolderStorage
from shared.storage.s3 import S3Storage
from tests.support.jobs import ALL, claim
from tests.support.refusals import refusing
from tests.support.stages import RampNetwork, queue_job, states
from tests.support.sweeping import resume_now
from tests.support.tcp_proxy import tcp_proxy

ONCE = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})


@contextmanager
def moved_away(folder):
    """Nothing is where the storage was mounted."""
    away = folder.rename(folder.with_name("away"))
    folder.touch()
    yield
    folder.unlink()
    away.rename(folder)


@pytest.fixture(params=["folder", "s3"])
def outage(request, settings):
    """A storage, and what takes it away for a block."""
    if request.param == "folder":
        yield FolderStorage(settings.data), lambda: moved_away(settings.data / "jobs")
        return
    bucket, server = request.getfixturevalue("bucket"), request.getfixturevalue("s3_server")
    with tcp_proxy(int(server.endpoint.rpartition(":")[2])) as proxy:
        request.getfixturevalue("monkeypatch").setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{proxy.port}")
        yield S3Storage(bucket, config=ONCE), proxy.refusing


@pytest.fixture
def storage(outage):
    return outage[0]


@pytest.fixture
def away(outage):
    return outage[1]


@pytest.fixture
def folder(settings):
    """The folder of a job's files."""
    return lambda job: settings.data / "jobs" / job.id


@pytest.mark.parametrize("outage", ["folder"], indirect=True)
def test_a_job_whose_files_storage_refuses_waits_and_others_go_on(store, storage, settings, runner_of, folder):
    refused, other = queue_job(store, storage), queue_job(store, storage)
    runner = runner_of(RampNetwork())
    with refusing(folder(refused)):
        runner.run(Stage.DEPTH)
    assert states(store, [refused, other]) == [State.QUEUED, State.SUCCEEDED]
    waits = store.jobs.get(refused.id)
    assert (waits.attempt, waits.put_off_ms) == (0, 1000)
    assert claim(store) == []
    resume_now(store)
    runner.run(Stage.DEPTH)
    done = store.jobs.get(refused.id)
    assert (done.state, done.attempt, done.put_off_ms) == (State.SUCCEEDED, 1, 0)
    assert set(storage.folders(refused.id)) == {"photo", done.files["depth.npz"].folder}


def test_the_pauses_grow_and_no_attempt_is_used_up_however_often_storage_refuses(store, storage, away, runner_of):
    job = queue_job(store, storage)
    runner, waited_s = runner_of(RampNetwork()), []
    with away():
        for _ in range(9):
            runner.run(Stage.DEPTH)
            waited_s.append(store.jobs.get(job.id).put_off_ms / 1000)
            resume_now(store)
    pauses_s = [after - before for before, after in zip([0, *waited_s], waited_s, strict=False)]
    assert pauses_s == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    runner.run(Stage.DEPTH)
    assert states(store, [job]) == [State.SUCCEEDED]


def test_a_job_fails_with_the_reason_when_storage_has_refused_for_too_long(store, storage, away, runner_of):
    job = queue_job(store, storage)
    with away():
        for _ in range(4):
            runner_of(RampNetwork(), storage_wait_s=7).run(Stage.DEPTH)
            resume_now(store)
    failed = store.jobs.get(job.id)
    assert (failed.state, failed.error.type) == (State.FAILED, "storage")


def test_any_stage_waits_for_storage(store, storage, away, runner_of):
    job = queue_job(store, storage, steps=ALL)
    runner = runner_of(RampNetwork())
    for stage in ALL:
        with away():
            runner.run(stage)
        assert (store.jobs.get(job.id).state, store.jobs.get(job.id).stage) == (State.QUEUED, stage)
        resume_now(store)
        runner.run(stage)
    assert states(store, [job]) == [State.SUCCEEDED]


@pytest.mark.parametrize("outage", ["folder"], indirect=True)
@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_a_job_that_waits_for_storage_can_be_ended(store, storage, settings, runner_of, folder, end):
    job = queue_job(store, storage)
    with refusing(folder(job)):
        runner_of(RampNetwork()).run(Stage.DEPTH)
    getattr(store.jobs, end)(job.id)
    assert store.redis.keys("relief:put-off") == []
    resume_now(store)
    assert claim(store) == []
