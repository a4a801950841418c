"""Backup while jobs run, all servers lost, restored on new ones: no job of the backup is lost, none done twice."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from shared.redis.connection import connect
from shared.settings import Settings
from shared.storage import storage_from
from stack.local import Plan, Stack
from stack.processes import wait_until
from tests.conftest import SECRET
from tests.faults.conftest import LEASE_S
from tests.support.backups import Backup
from tests.support.following import API
from tests.support.invariants import assert_settled, assert_whole
from tests.support.jobs import Store
from tests.support.seaweed import seaweed
from worker import sweeper
from worker.sweeper import Sweeper

JOBS = f"{API}/jobs"
SETTINGS = {"RELIEF_LEASE": str(LEASE_S), "RELIEF_RATE": "100000/minute", "RELIEF_SECRET": SECRET}


@dataclass(frozen=True)
class Site:
    """A place with all servers: folder of Redis and data, and the environment that chooses a bucket, where one does."""

    data: Path
    bucket: dict[str, str]

    @contextmanager
    def running(self) -> Iterator[tuple[Stack, httpx.Client]]:
        """Relief at this place, and its user's client."""
        plan = Plan(self.data, settings=SETTINGS | self.bucket)
        with Stack(plan) as stack, httpx.Client(base_url=stack.url, timeout=30) as client:
            yield stack, client


@contextmanager
def site(folder: Path, where: str) -> Iterator[Site]:
    """A new place, with a storage of its own."""
    if where == "folder":
        yield Site(folder / "data", {})
        return
    with seaweed(folder / "s3") as server:
        yield Site(folder / "data", server.environment)


def uploaded(client: httpx.Client, photo: bytes, count: int) -> dict[str, str]:
    """Jobs that were acknowledged: each id by the idempotency key of its upload."""
    keys = [uuid.uuid4().hex for _ in range(count)]
    return {key: sent(client, photo, key) for key in keys}


def sent(client: httpx.Client, photo: bytes, key: str) -> str:
    answer = client.post(JOBS, files={"photo": photo}, headers={"Idempotency-Key": key})
    assert answer.is_success, answer.text
    return answer.json()["id"]


def states(client: httpx.Client, jobs: dict[str, str]) -> list[str]:
    return [client.get(f"{JOBS}/{job_id}").json()["state"] for job_id in jobs.values()]


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_every_job_of_a_backup_is_whole_on_new_servers_and_no_file_is_left_of_a_later_one(
    where, tmp_path, small_photo, monkeypatch
):
    (tmp_path / "backup").mkdir()
    backup = Backup(tmp_path / "backup")
    with site(tmp_path / "lost", where) as lost, lost.running() as (stack, client):
        jobs = uploaded(client, small_photo, 1)
        wait_until("a job", lambda: states(client, jobs) == ["succeeded"])
        stack.processes["model0"].stop()  # so that others are still at work when the snapshot is taken
        jobs |= uploaded(client, small_photo, 2)
        backup.take_redis(stack.redis_url)
        between = uploaded(client, small_photo, 1)
        backup.take_files(lost.data, lost.bucket)
        cookies = client.cookies
    shutil.rmtree(tmp_path / "lost")

    with site(tmp_path / "new", where) as new:
        backup.restore_redis(new.data / "valkey")
        backup.restore_files(new.data, new.bucket)
        with new.running() as (stack, client), connect(stack.redis_url) as redis:
            client.cookies = cookies
            wait_until("all jobs", lambda: set(states(client, jobs)) == {"succeeded"})
            for job_id in between.values():
                assert client.get(f"{JOBS}/{job_id}").status_code == 404
            assert {key: sent(client, small_photo, key) for key in jobs} == jobs
            environment = {"REDIS_URL": stack.redis_url, "RELIEF_DATA": str(new.data), **new.bucket}
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            storage, store = storage_from(Settings.from_environment()), Store.of(redis)
            monkeypatch.setattr(sweeper, "ORPHAN_AGE_S", -1.0)
            Sweeper(redis, storage, wakeups=None, attempts=3, worker="test").delete_orphans()
            assert {job_id for job_id in storage.job_ids() if storage.folders(job_id)} == set(jobs.values())
            for job_id in jobs.values():
                assert_whole(store.jobs.get(job_id), storage)
            assert_settled(store)
