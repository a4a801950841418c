"""Many who listen to one front process: a real gunicorn, started as `make run` and the image start it."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.conftest import SECRET
from tests.web.asking import assert_problem, upload

LISTENERS = 40


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False  # not up yet


@pytest.fixture
def front(redis_url, store, tmp_path) -> Iterator[tuple[Supervised, str]]:
    """A front process, and its URL."""
    url = f"127.0.0.1:{free_port()}"
    environment = {
        "REDIS_URL": redis_url,
        "RELIEF_DATA": str(tmp_path / "data"),
        "RELIEF_SECRET": SECRET,
        "RELIEF_LISTENERS": str(LISTENERS),
        "RELIEF_OWNER_LISTENERS": str(LISTENERS),
        "PYTHONPATH": str(PROJECT),
    }
    argv = [sys.executable, "-m", "gunicorn", "-c", "python:web.gunicorn_conf", "--bind", url, "web.wsgi:app"]
    process = Supervised(Command("front", argv, environment, tmp_path / "front.log"))
    try:
        wait_until("the front", lambda: answers(f"http://{url}"))
        yield process, f"http://{url}"
    finally:
        process.stop()


@pytest.fixture
def client(front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front[1], timeout=20, limits=httpx.Limits(max_connections=None)) as client:
        yield client


def listen(client: httpx.Client, url: str, held: ExitStack) -> Iterator[str]:
    """The lines of a stream that is open until `held` ends; its first event has come."""
    response = held.enter_context(client.stream("GET", url))
    assert response.status_code == 200
    lines = response.iter_lines()
    while not next(lines).startswith("data: "):
        pass
    return lines


def test_with_all_places_taken_a_listener_more_is_refused_and_all_else_is_answered(client, store, portrait):
    job = upload(client, portrait).json()
    with ExitStack() as held:
        streams = [listen(client, job["links"]["events"], held) for _ in range(LISTENERS)]
        refused = client.get(job["links"]["events"])
        assert_problem(refused, 503, "poll")
        assert refused.headers["Retry-After"] == "5"
        began = time.monotonic()
        assert client.get(f"{job['links']['self']}?wait=20").status_code == 200
        assert upload(client, portrait).status_code == 202
        assert time.monotonic() - began < 5
        assert store.redis.pubsub_numsub("relief:changed") == [(b"relief:changed", 1)]
        store.cancel(job["id"])
        assert all('"state":"canceled"' in "".join(lines) for lines in streams)


def test_at_sigterm_streams_end_and_the_process_exits(front, client, portrait):
    job = upload(client, portrait).json()
    with ExitStack() as held:
        lines = listen(client, job["links"]["events"], held)
        began = time.monotonic()
        front[0].stop()
        assert time.monotonic() - began < 10  # gunicorn would wait for 20 s, then cut them off
        assert "data: " not in "".join(lines)  # the end of an answer that is whole
