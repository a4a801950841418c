"""A front whose files are in a bucket, which may be away or slow."""

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from shared.jobs.record import Stage
from shared.storage.s3 import S3Storage
from stack.processes import wait_until
from tests.support.fronts import client_of, serving
from tests.support.requests import assert_problem, finish_stage, upload
from tests.support.tcp_proxy import TcpProxy, tcp_proxy

LARGE_BYTES = 40_000_000  # more than the kernel keeps of an answer that is on its way


@pytest.fixture
def settings(settings, bucket):
    """Those of all tests, with a bucket."""
    return settings.model_copy(update={"data": bucket})


@pytest.fixture
def storage(bucket):
    return S3Storage(bucket)


@pytest.fixture
def proxy(s3_server, monkeypatch):
    """What the front reaches the bucket through; the test's own storage does not."""
    with tcp_proxy(int(s3_server.endpoint.rpartition(":")[2])) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{proxy.port}")
        yield proxy


def test_whatever_is_downloaded_comes_from_the_bucket(client, job, storage):
    results = f"{job['links']['self']}/results"
    whole = client.get(f"{results}/depth.png")
    assert whole.content == b"depth.png" * 50
    part = client.get(f"{results}/depth.png", headers={"Range": "bytes=9-17", "If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.content) == (206, b"depth.png")
    assert client.get(f"{results}/depth.png", headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert client.get(f"{results}/thumbnail.jpg").content[:2] == b"\xff\xd8"
    with zipfile.ZipFile(io.BytesIO(client.get(f"{results}/all.zip").content)) as archive:
        assert archive.testzip() is None
        assert archive.read("depth.png") == whole.content
    assert_problem(client.get(f"{results}/cloud.rlf"), 404, "no file")


def test_a_deleted_job_leaves_no_object(client, job, storage):
    assert storage.folders(job["id"]) != []
    deleted = client.delete(job["links"]["self"]).json()
    assert deleted["left"] == []
    assert storage.folders(job["id"]) == []


def test_a_bucket_that_refuses_is_answered_with_503_and_no_job_is_made(store, settings, portrait, monkeypatch, caplog):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    with client_of(settings) as client:
        response = upload(client, portrait)
        assert_problem(response, 503, "storage does not take the files")
        assert response.headers["Retry-After"] == "5"
    assert store.waiting(Stage.DEPTH) == 0
    assert "SignatureDoesNotMatch" in caplog.text and "not-the-secret" not in caplog.text


def test_a_bucket_that_stands_still_holds_up_nobody_but_who_downloads(store, settings, proxy, storage, portrait):
    with serving(settings) as url, httpx.Client(base_url=url, timeout=60) as client, ThreadPoolExecutor() as pool:
        job = upload(client, portrait, steps="depth").json()
        finish_stage(store, storage, Stage.DEPTH, "depth.png")
        [folder] = [name for name in storage.folders(job["id"]) if name != "photo"]
        storage.write(job["id"], folder, "depth.png", bytes(LARGE_BYTES))
        headers = {"Connection": "close"}
        with client.stream("GET", f"{job['links']['self']}/results/depth.png", headers=headers) as download:
            parts = download.iter_bytes(65_536)
            taken = len(next(parts))
            wait_until("nothing more is sent", lambda: stands_still(proxy))
            with proxy.holding():
                rest = pool.submit(lambda: sum(map(len, parts)))
                with httpx.Client(base_url=url, timeout=5, cookies=client.cookies) as other:
                    for _ in range(20):
                        assert other.get(job["links"]["self"]).status_code == 200
                        time.sleep(0.01)
            assert taken + rest.result() == LARGE_BYTES


def stands_still(proxy: TcpProxy) -> bool:
    before = proxy.answered_bytes
    time.sleep(0.3)
    return proxy.answered_bytes == before
