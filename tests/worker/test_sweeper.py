"""What the sweeper finds: wake-ups that never came, files without a job; by one worker at a time."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.jobs.keys import Key
from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps, celery_app
from shared.logs import configure_logging
from shared.results import PHOTO
from shared.storage.base import PHOTO_FOLDER, Storage
from shared.storage.folder import FolderStorage
from tests.support.jobs import claim, new_job
from tests.support.logs import json_lines, logging_as_it_was
from worker.sweeper import Sweeper

ORPHAN, YOUNG = "a" * 32, "b" * 32


@pytest.fixture
def storage(settings) -> Storage:
    return FolderStorage(settings.data)


@pytest.fixture
def sweeper_of(store, storage, settings):
    def make(name: str, **more: float) -> Sweeper:
        wakeups = WakeUps(celery_app(settings.redis_url))
        return Sweeper(store.redis, storage, wakeups, attempts=3, worker=name, **more)

    return make


def test_a_missing_wakeup_is_sent_once_and_no_more(store, sweeper_of):
    new_job(store)
    for _ in range(3):
        sweeper_of("one").sweep()
    assert store.redis.llen("depth") == 1
    assert store.redis.llen("model") == 0


def test_a_job_of_a_dead_worker_is_queued_again(store, sweeper_of):
    job = new_job(store)
    claim(store, lease_s=0.02)
    time.sleep(0.05)
    sweeper_of("one").sweep()
    assert store.jobs.get(job.id).state == "queued"


def test_the_log_tells_of_a_job_of_a_dead_worker_with_its_request(store, sweeper_of, capsys):
    job = new_job(store, request_id="client-0003")
    claim(store, lease_s=0.02)
    time.sleep(0.05)
    with logging_as_it_was():
        configure_logging("json")
        sweeper_of("one").sweep()
    [line] = json_lines(capsys.readouterr().err)
    assert (line["job_id"], line["request_id"]) == (job.id, "client-0003")
    assert "taken back" in line["message"]


def test_one_worker_sweeps_at_a_time_and_another_follows_when_it_dies(store, sweeper_of):
    job = new_job(store)
    sweeper_of("one").sweep()
    claim(store, lease_s=0.02)
    time.sleep(0.05)
    sweeper_of("two").sweep()
    assert store.jobs.get(job.id).state == "running"  # the lock is the first one's
    store.redis.delete(Key.SWEEPER)  # it died, and its lock ran out
    sweeper_of("two").sweep()
    assert store.jobs.get(job.id).state == "queued"


def test_files_from_before_the_records_began_stay_for_the_retention_in_which_a_backup_may_be_restored(
    store, storage, settings, sweeper_of
):
    for job_id in (ORPHAN, YOUNG):
        storage.write(job_id, PHOTO_FOLDER, PHOTO, b"photo")
    now_s = time.time()
    for job_id, age_s in ((ORPHAN, 5000), (YOUNG, 3000)):
        os.utime(settings.data / "jobs" / job_id, (now_s - age_s,) * 2)
    assert sweeper_of("one", retention_s=7200).delete_orphans() == []
    store.redis.set(Key.BEGAN, int(now_s) - 4000)
    assert sweeper_of("one", retention_s=7200).delete_orphans() == [YOUNG]
    assert sweeper_of("one", retention_s=3600).delete_orphans() == [ORPHAN]


def test_files_without_a_job_go_when_they_are_old_and_those_of_a_job_stay(store, storage, settings, sweeper_of):
    job = new_job(store)
    for job_id in (ORPHAN, YOUNG, job.id):
        storage.write(job_id, PHOTO_FOLDER, PHOTO, b"photo")
    for job_id in (ORPHAN, job.id):
        os.utime(settings.data / "jobs" / job_id, (1e9, 1e9))
    assert sweeper_of("one").delete_orphans() == [ORPHAN]
    assert storage.folders(ORPHAN) == []
    assert storage.folders(YOUNG) == storage.folders(job.id) == ["photo"]


def test_counts_are_mended_and_told_also_where_a_worker_of_the_release_before_sweeps(store, sweeper_of, caplog):
    new_job(store)
    store.redis.set(Key.SWEEPER, "one of the release before", ex=60)
    store.redis.zadd(Key.ALL_JOBS, {"depth": 700})
    sweeper_of("one").sweep()
    assert store.waiting(Stage.DEPTH) == 1
    assert "mended 1 counts of waiting jobs" in caplog.text
    store.redis.zadd(Key.ALL_JOBS, {"depth": 700})
    sweeper_of("two").sweep()
    assert store.waiting(Stage.DEPTH) == 700  # the lock is the first one's


def test_a_storage_that_stands_still_keeps_no_job_of_a_dead_worker_waiting(store, settings):
    job, goes_on = new_job(store), threading.Event()
    claim(store, lease_s=0.02)

    class Standing(FolderStorage):
        def job_ids(self):
            goes_on.wait()
            yield from ()

    sweeper = Sweeper(
        store.redis, Standing(settings.data), WakeUps(celery_app(settings.redis_url)), attempts=3, worker="one"
    )
    with ThreadPoolExecutor() as pool:
        files = pool.submit(sweeper.sweep_files)
        time.sleep(0.05)
        sweeper.sweep_records()
        assert store.jobs.get(job.id).state == "queued"
        assert not files.done()
        goes_on.set()
