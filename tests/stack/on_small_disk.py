"""What test_full_disk.py runs on a small file system of its own."""

import os
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from shared.jobs.record import Stage, State
from shared.jobs.wakeups import WakeUps, celery_app
from shared.redis.connection import connect
from shared.redis.reserve import reserve_is_gone
from shared.settings import Settings
from shared.storage.folder import FolderStorage
from stack.processes import Supervised, wait_until
from stack.valkey import start_valkey
from tests.conftest import SECRET
from tests.support.fronts import client_of
from tests.support.jobs import Store
from tests.support.requests import assert_problem, finish_stage, upload
from tests.support.stages import RampNetwork
from worker.stages.runner import StageRunner
from worker.sweeper import Sweeper


@pytest.fixture
def disk() -> Path:
    return Path(os.environ["RELIEF_TEST_DISK"])


def fill(disk: Path) -> Path:
    """A file that takes all space that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                size = size if file.write(b"x" * size) == size else size // 2
            except OSError:
                size //= 2
    return filler


def write_until_it_ends(server: Supervised, store: Store) -> None:
    """Write until Valkey has ended because the disk is full, and wait until it is back."""
    before = server.pid
    for _ in range(10_000):
        try:
            store.redis.set("written", "x" * 1000)
        except RedisError:
            break
    wait_until("Valkey", lambda: server.pid != before and answers(store), timeout_s=20)


def answers(store: Store) -> bool:
    try:
        return bool(store.redis.ping())
    except RedisError:
        return False


def test_it_comes_back_deletes_and_takes_photos_again_when_there_is_room(disk, portrait):
    server, url = start_valkey(disk / "valkey")
    settings = Settings(redis_url=url, data=disk, secret=SECRET, free_gb=0, address_share=1)
    store, storage = Store.of(connect(url)), FolderStorage(disk)
    wakeups = WakeUps(celery_app(url))
    sweeper = Sweeper(store.redis, storage, wakeups, attempts=3, worker="one")
    runner = StageRunner(store.redis, storage, wakeups, settings, load=lambda _: RampNetwork())
    try:
        with client_of(settings) as client:
            jobs = [upload(client, portrait, steps="depth").json() for _ in range(4)]
            finish_stage(store, storage, Stage.DEPTH, "depth.png")
            assert not reserve_is_gone(store.redis)

            filler = fill(disk)
            write_until_it_ends(server, store)
            assert reserve_is_gone(store.redis)
            assert not (disk / "valkey" / "reserve").exists()

            assert_problem(upload(client, portrait), 503, "disk is full")
            assert client.get(jobs[0]["links"]["self"]).json()["state"] == "succeeded"
            runner.run(Stage.DEPTH)  # whose results would take what was kept
            assert store.jobs.get(jobs[1]["id"]).state is State.QUEUED
            gone = client.delete(jobs[0]["links"]["self"])
            assert (gone.status_code, gone.json()["left"]) == (200, [])
            assert client.post(jobs[1]["links"]["cancel"]).json()["state"] == "canceled"
            store.redis.zadd("relief:expires", {jobs[1]["id"]: 0})
            sweeper.sweep()
            assert client.get(jobs[1]["links"]["self"]).status_code == 404

            filler.unlink()
            wait_until("room", lambda: answers(store) and not reserve_is_gone(store.redis), timeout_s=20)
            assert (disk / "valkey" / "reserve").stat().st_blocks * 512 >= int(os.environ["RELIEF_RESERVE_MB"]) << 20
            assert upload(client, portrait).status_code == 202
            for job in jobs[2:]:
                assert store.jobs.get(job["id"]).state is State.QUEUED  # nothing was lost
    finally:
        server.stop()
        store.redis.close()


def test_a_rewrite_on_its_own_disk_helps_where_its_file_alone_has_filled_it(disk):
    server, url = start_valkey(disk / "own")
    store = Store.of(connect(url))
    try:
        store.redis.config_set("auto-aof-rewrite-percentage", 0)
        while answers(store) and not reserve_is_gone(store.redis):
            try:
                store.redis.set("written", os.urandom(500_000))
            except RedisError:
                wait_until("Valkey", lambda: answers(store), timeout_s=20)
        store.redis.bgrewriteaof()  # the documented command
        wait_until("room", lambda: answers(store) and not reserve_is_gone(store.redis), timeout_s=20)
        assert (disk / "own" / "reserve").exists()
    finally:
        server.stop()
        store.redis.close()
