"""All of Relief with its files in a bucket, whose server is killed, refuses, and comes back."""

import io
import os
import random
import signal
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import httpx
import pytest

from shared.jobs.record import Job
from shared.places import Bucket
from shared.redis.connection import connect
from shared.storage.base import Removed
from shared.storage.s3 import S3Storage
from stack.local import PROJECT
from stack.processes import wait_until
from tests.faults.conftest import breakable_stack
from tests.support.following import API, follow, result, send
from tests.support.invariants import ask, assert_settled, assert_whole, is_tidy, wait_for
from tests.support.jobs import Store
from tests.support.seaweed import BUCKET, seaweed
from tests.support.tcp_proxy import tcp_proxy

SEED = 20261126
JOB = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(server):
    """What the stack reaches the bucket through."""
    with tcp_proxy(int(server.endpoint.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def stack(tmp_path_factory, server, proxy):
    """A stack that finds its bucket away when it starts."""
    settings = server.environment | {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{proxy.port}"}
    refusal = ExitStack()
    refusal.enter_context(proxy.refusing())
    with breakable_stack(tmp_path_factory.mktemp("bucket"), **settings) as stack:
        logs = [stack.plan.data / "logs" / f"{name}.log" for name in ("web0", "depth0")]
        wait_until("both say so", lambda: all("storage cannot be used" in log.read_text() for log in logs))
        refusal.close()
        yield stack


@pytest.fixture
def storage(server, monkeypatch):
    """The same bucket, not through the proxy."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return S3Storage(Bucket.from_url(server.environment["RELIEF_DATA"]))


@pytest.fixture
def client(stack):
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        yield client


@pytest.fixture
def job_store(stack):
    redis = connect(stack.redis_url)
    yield Store.of(redis)
    redis.close()


def test_a_job_from_photo_to_deletion_leaves_no_file_anywhere_else(stack, client, job_store, storage, small_photo):
    job = send(client, small_photo)
    ended = follow(client, job)[-1]
    assert ended["state"] == "succeeded"
    assert_whole(job_store.jobs.get(job["id"]), storage)
    assert not (stack.plan.data / "jobs").exists()
    whole = result(client, job, "face.glb")
    part = client.get(f"{job['links']['self']}/results/face.glb", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole[1000:2000])
    with zipfile.ZipFile(io.BytesIO(result(client, job, "all.zip"))) as archive:
        assert archive.testzip() is None and archive.read("face.glb") == whole
    view = client.get(f"{job['links']['self']}/results/view.html")
    assert len(view.content) == int(view.headers["Content-Length"])
    client.delete(job["links"]["self"])
    assert storage.folders(job["id"]) == []


def test_a_server_that_is_killed_loses_nothing_and_fails_no_job(server, client, job_store, storage, small_photo):
    before = send(client, small_photo, steps="depth")
    follow(client, before)
    jobs = [send(client, small_photo, steps="depth,model") for _ in range(6)]
    wait_for("work begins", lambda: any(job_store.jobs.get(job["id"]).started_ms for job in jobs))
    os.killpg(server.process.pid, signal.SIGKILL)
    refused = client.post(f"{API}/jobs", files={"photo": small_photo})
    assert refused.status_code in (202, 503)  # it may be up again before the third attempt
    jobs += [refused.json()] if refused.status_code == 202 else []
    wait_for("the server", lambda: answers(storage))
    for job in [before, *jobs]:
        ended = wait_for("the end", lambda job=job: ended_document(client, job), 120)
        assert ended["state"] == "succeeded"
        assert job_store.jobs.get(job["id"]).attempt == 1
        assert_becomes_whole(job_store.jobs.get(job["id"]), storage)
    assert_settled(job_store)


def test_jobs_wait_while_the_bucket_refuses_and_what_is_deleted_meanwhile_goes_later(
    proxy, client, job_store, storage, small_photo
):
    old = send(client, small_photo, steps="depth")
    follow(client, old)
    jobs = [send(client, small_photo, steps="depth") for _ in range(3)]
    with proxy.refusing():
        assert client.delete(old["links"]["self"]).json()["left"] != []
        assert client.get(old["links"]["self"]).status_code == 404
        assert client.post(f"{API}/jobs", files={"photo": small_photo}).status_code == 503
        wait_for("each waits", lambda: all(has_waited(job_store.jobs.get(job["id"])) for job in jobs))
    for job in jobs:
        assert follow(client, job)[-1]["state"] == "succeeded"
        assert_becomes_whole(job_store.jobs.get(job["id"]), storage)
    wait_for("what was deleted is gone", lambda: storage.folders(old["id"]) == [])
    assert_settled(job_store)


def test_a_server_killed_in_the_middle_has_each_file_whole_or_not_at_all(server, storage):
    data = random.Random(SEED).randbytes(8_000_000)
    names = [f"{number}.bin" for number in range(12)]
    storage.write(JOB, "head-1", "before.bin", data)

    def is_stored(name: str) -> bool:
        try:
            return storage.write(JOB, "head-1", name, data) == len(data)
        except OSError:
            return False

    with ThreadPoolExecutor(4) as pool, storage.open(JOB, "head-1", "before.bin") as reading:
        begin = reading.read(1_000_000)
        stored = {name: pool.submit(is_stored, name) for name in names}
        wait_for("the first is stored", lambda: any(each.done() for each in stored.values()))
        os.killpg(server.process.pid, signal.SIGKILL)
        with suppress(OSError):  # it may be away for longer than a reader waits, which gets no wrong bytes then
            assert begin + reading.read() == data
    wait_for("the server", lambda: answers(storage))
    for name, each in stored.items():
        try:
            assert storage.read(JOB, "head-1", name) == data
        except FileNotFoundError:
            assert not each.result()
    storage.delete(JOB)


def test_a_full_server_refuses_files_and_still_gives_and_deletes_what_it_has(tmp_path, monkeypatch):
    with seaweed(tmp_path / "seaweed", options=("-master.volumeSizeLimitMB=1", "-volume.max=1")) as small:
        for name, value in small.environment.items():
            monkeypatch.setenv(name, value)
        storage = S3Storage(Bucket(BUCKET, ""))
        storage.write(JOB, "photo", "first.bin", bytes(500_000))
        with pytest.raises(OSError, match=f"s3://{BUCKET}/.*put_object") as refused:
            for number in range(100):
                storage.write(JOB, "photo", f"{number}.bin", bytes(500_000))
        assert refused.value.errno
        assert storage.read(JOB, "photo", "first.bin") == bytes(500_000)
        assert storage.delete(JOB).left == []


@pytest.mark.parametrize("process", [["web"], ["celery", "-A", "worker.app", "worker", "-Q", "model"]])
def test_a_process_whose_settings_boto3_cannot_use_says_so_and_ends(process):
    wrong = {"REDIS_URL": "redis://127.0.0.1:1", "RELIEF_DATA": "s3://bucket", "AWS_ENDPOINT_URL_S3": "no url"}
    environment = os.environ | wrong | {"RELIEF_SECRET": "s" * 32}
    ended = subprocess.run(
        [sys.executable, "-m", *process], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert "s3://bucket/jobs/ cannot be used, wrong settings of AWS: Invalid endpoint: no url" in ended.stderr


def test_more_files_than_s3_deletes_by_one_request_go(storage):
    names = sorted(f"{number}.bin" for number in range(1001))
    storage.write_all(JOB, "depth-1", dict.fromkeys(names, b"a"))
    assert storage.delete(JOB, "depth-1") == Removed([f"depth-1/{name}" for name in names], [])
    assert storage.folders(JOB) == []


def assert_becomes_whole(record: Job, storage: S3Storage) -> None:
    """It is whole, once the sweeper has deleted what the bucket refused to delete at first."""
    wait_for("it is tidy", lambda: is_tidy(record, storage))
    assert_whole(record, storage)


def answers(storage: S3Storage) -> bool:
    try:
        storage.check()
    except OSError:
        return False
    return True


def has_waited(record: Job) -> bool:
    """True where storage refused it, or it was done before."""
    return bool(record.put_off_ms or record.finished_ms)


def ended_document(client: httpx.Client, job: dict) -> dict | None:
    document = ask(client, job["links"]["self"])
    return document if document and document["state"] not in ("queued", "running") else None
