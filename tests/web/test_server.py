"""The server itself, started as `make run` starts it: slow and broken clients, large bodies, and its end."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from shared.jobs.record import Stage
from stack.processes import Supervised
from tests.support.fronts import running_front
from tests.support.raw_http import UPLOAD_HEAD, ask, connect, dripping
from tests.support.requests import API, assert_problem, finish_stage, upload

THREADS = 16  # those that the front keeps beside its listeners, of which there are none here


@pytest.fixture
def front(store, settings) -> Iterator[tuple[Supervised, str]]:
    """A front process with 16 threads, and its URL."""
    with running_front(settings, RELIEF_LISTENERS="0") as running:
        yield running


@pytest.fixture
def client(front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front[1], timeout=20) as client:
        yield client


def test_three_hundred_slow_senders_hold_up_nobody(front, client, portrait):
    with dripping(front[1], [UPLOAD_HEAD, UPLOAD_HEAD + b"\r\n"] * 150):
        began = time.monotonic()
        for _ in range(5):
            assert client.get("/healthz").status_code == 200
            assert upload(client, portrait).status_code == 202
        assert time.monotonic() - began < 5


def test_clients_that_do_not_read_their_answers_hold_up_nobody(front, client, settings, store, storage, portrait):
    job = upload(client, portrait, steps="depth").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    [path] = settings.data.rglob("depth.png")
    path.write_bytes(bytes(25_000_000))
    request = (
        f"GET {job['links']['self']}/results/all.zip HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie(client)}\r\n\r\n"
    )
    with ExitStack() as held:
        for _ in range(THREADS + 2):
            held.enter_context(connect(front[1])).sendall(request.encode())
        time.sleep(1)
        assert client.get("/healthz", timeout=10).status_code == 200
        assert client.get(job["links"]["self"]).status_code == 200


def cookie(client: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def test_many_who_come_at_the_same_moment_are_all_answered(front, portrait):
    clients = 120
    with ThreadPoolExecutor(clients) as crowd:

        def come(_: int) -> int:
            return httpx.post(f"{front[1]}{API}/jobs", files={"photo": portrait}, timeout=60).status_code

        assert set(crowd.map(come, range(clients))) == {202}


def test_an_upload_of_three_times_the_limit_is_refused_in_words(client, settings):
    answer = client.post(f"{API}/jobs", files={"photo": b"\xff" * (3 * settings.upload_mb * 1_000_000)})
    assert_problem(answer, 413, "20.1 MB")


def test_what_is_not_http_is_refused_and_the_connection_closed(front, client):
    refused = {
        b"GET\r\n\r\n": 400,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n": 400,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n": 400,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n": 400,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n": 501,
    }
    assert {request: ask(front[1], request).status for request in refused} == refused
    assert client.get("/healthz").status_code == 200


def test_at_sigterm_streams_and_long_polls_end_and_the_process_exits(store, settings, portrait):
    with running_front(settings) as (process, url), httpx.Client(base_url=url, timeout=20) as client:
        job = upload(client, portrait).json()
        with client.stream("GET", job["links"]["events"]) as stream, ThreadPoolExecutor(1) as poller:
            lines = stream.iter_lines()
            while not next(lines).startswith("data: "):
                pass
            poll = poller.submit(client.get, job["links"]["self"], params={"wait": 30})
            time.sleep(0.5)
            began = time.monotonic()
            process.stop()
            assert time.monotonic() - began < 8
            assert "data: " not in "".join(lines)  # the end of an answer that is whole
            assert poll.result().status_code == 200
