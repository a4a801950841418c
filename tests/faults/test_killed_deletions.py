"""A front that is killed while it deletes: each job is whole, or nobody can read any of it and all of it goes."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from shared.jobs.wakeups import WakeUps, celery_app
from shared.storage.folder import FolderStorage
from stack.processes import wait_until
from tests.support.fronts import answers, running_front
from tests.support.requests import API
from tests.support.stages import queue_job
from tests.support.sweeping import retry_now
from web.keys import Keys
from worker.sweeper import Sweeper

FILES = 600  # of a job, so that its deletion takes a while
SEED = 20261126


@pytest.fixture
def storage(settings) -> FolderStorage:
    return FolderStorage(settings.data)


def test_a_front_killed_while_it_deletes_leaves_each_job_whole_or_gone(store, storage, settings):
    headers = {"Authorization": f"Bearer {Keys(store.redis).create('lab')}"}
    jobs = [queue_job(store, storage, owner="key-lab") for _ in range(8)]
    for job in jobs:
        more = settings.data / "jobs" / job.id / "depth-1"
        more.mkdir()
        for number in range(FILES):
            (more / f"{number}.bin").write_bytes(b"x")

    def delete(job_url: str) -> None:
        with suppress(httpx.TransportError):
            httpx.delete(job_url, headers=headers)

    moments = random.Random(SEED)
    with running_front(settings) as (front, url), ThreadPoolExecutor(len(jobs)) as senders:
        for some in (jobs[:4], jobs[4:]):
            sent = [senders.submit(delete, f"{url}{API}/jobs/{job.id}") for job in some]
            while not store.jobs.missing([job.id for job in some]):
                time.sleep(moments.uniform(0.001, 0.004))
            before = front.pid
            os.kill(before, signal.SIGKILL)
            wait_until("the front", lambda before=before: front.pid != before and answers(url))
            for future in sent:
                future.result()
        status = {
            job.id: httpx.get(f"{url}{API}/jobs/{job.id}/results/photo.jpg", headers=headers).status_code
            for job in jobs
        }
    assert any(code == 404 and storage.folders(job_id) for job_id, code in status.items())
    retry_now(store)
    Sweeper(store.redis, storage, WakeUps(celery_app(settings.redis_url)), attempts=3, worker="one").sweep()
    left = {job.id: sum(len(files) for _, _, files in os.walk(settings.data / "jobs" / job.id)) for job in jobs}
    assert {(status[job.id], left[job.id]) for job in jobs} <= {(200, 1 + FILES), (404, 0)}
    assert store.jobs.missing(list(status)) == [job_id for job_id, code in status.items() if code != 200]
