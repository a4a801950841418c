"""DELETE and cancel tell the truth: what storage refuses is told, cannot be read, and goes later."""

import logging

import pytest

from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps, celery_app
from tests.support.refusals import refused_client, refusing
from tests.support.requests import assert_problem, finish_stage, stored_files, upload
from tests.support.sweeping import retry_now
from worker.sweeper import Sweeper


@pytest.fixture
def sweeper(store, storage, settings) -> Sweeper:
    return Sweeper(store.redis, storage, WakeUps(celery_app(settings.redis_url)), attempts=3, worker="one")


@pytest.fixture
def folder(settings):
    """The folder of a job's files."""
    return lambda job, name="photo": settings.data / "jobs" / job["id"] / name


def test_a_deletion_that_storage_refuses_is_told_logged_and_done_later(
    client, store, settings, portrait, folder, sweeper, caplog
):
    job = upload(client, portrait).json()
    with refused_client(client, settings, folder(job)) as refused:
        answer = refused.delete(job["links"]["self"])
        sweeper.sweep()
    assert answer.status_code == 202
    assert answer.json() == {"deleted": job["id"], "files": [], "left": ["photo/photo.jpg"]}
    assert stored_files(settings) == ["photo.jpg"]
    told = {record.levelno for record in caplog.records if f"of {job['id']}: " in record.message}
    assert told == {logging.ERROR}
    for link in ("self", "photo", "thumbnail", "events"):
        assert_problem(client.get(job["links"][link]), 404, "no job")
    retry_now(store)
    sweeper.sweep()
    assert stored_files(settings) == []
    assert store.redis.keys("relief:to-delete") == []


def test_a_cancel_whose_files_storage_refuses_to_delete_is_told_and_nobody_reads_them(
    client, store, settings, portrait, folder, sweeper
):
    job = upload(client, portrait).json()
    with refused_client(client, settings, folder(job)) as refused:
        answer = refused.post(job["links"]["cancel"])
    assert (answer.status_code, answer.json()["state"]) == (202, "canceled")
    assert "does not delete the files just now" in answer.json()["message"]
    for link in ("photo", "thumbnail"):
        assert_problem(client.get(job["links"][link]), 404, "canceled")
    retry_now(store)
    sweeper.sweep()
    assert stored_files(settings) == []
    assert client.get(job["links"]["self"]).json()["message"] == "Canceled."


def test_an_expired_job_whose_files_storage_refuses_to_delete_holds_up_no_other(
    client, store, storage, settings, portrait, folder, sweeper
):
    jobs = [upload(client, portrait, steps="depth").json() for _ in range(3)]
    for _ in jobs:
        finish_stage(store, storage, Stage.DEPTH, "depth.png")
    for job in jobs:
        store.redis.zadd("relief:expires", {job["id"]: 0})
    with refusing(folder(jobs[0])):
        sweeper.sweep()
    assert [job_id for job_id in (job["id"] for job in jobs) if storage.folders(job_id)] == [jobs[0]["id"]]
    retry_now(store)
    sweeper.sweep()
    assert stored_files(settings) == []


def test_orphans_that_storage_refuses_to_delete_hold_up_no_other(store, storage, settings, sweeper, monkeypatch):
    for digit in "abc":
        storage.write(digit * 32, "photo", "photo.jpg", b"photo")
    monkeypatch.setattr("worker.sweeper.ORPHAN_AGE_S", -60.0)
    with refusing(settings.data / "jobs" / ("a" * 32) / "photo"):
        sweeper.delete_orphans()
    assert [digit for digit in "abc" if storage.folders(digit * 32)] == ["a"]
    retry_now(store)
    sweeper.sweep()
    assert stored_files(settings) == []


@pytest.mark.parametrize("end", ["deleted", "canceled", "expired"])
def test_a_process_that_dies_between_record_and_files_leaves_nothing(
    client, store, storage, settings, portrait, sweeper, end
):
    job = upload(client, portrait, steps="depth").json()
    if end == "deleted":  # as a front does, and is killed then
        store.jobs.delete(job["id"])
    elif end == "canceled":
        store.jobs.cancel(job["id"])
    else:
        finish_stage(store, storage, Stage.DEPTH, "depth.png")
        store.redis.zadd("relief:expires", {job["id"]: 0})
        store.upkeep.expire()
    assert client.get(job["links"]["photo"]).status_code == 404
    assert stored_files(settings) != []
    sweeper.sweep()
    assert stored_files(settings) != []  # whoever deletes it may be at it
    retry_now(store)
    sweeper.sweep()
    assert stored_files(settings) == []


def test_an_upload_that_storage_refuses_leaves_no_file_and_no_record(client, store, settings, portrait):
    jobs = settings.data / "jobs"
    jobs.mkdir(parents=True)
    with refused_client(client, settings, jobs) as refused:
        assert_problem(upload(refused, portrait), 503, "does not take the files")
    assert (stored_files(settings), client.get("/api/v1/jobs").json()["jobs"]) == ([], [])
