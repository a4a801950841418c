"""Many who listen to one front process, started as `make run` starts it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from stack.processes import Supervised
from tests.support.fronts import running_front
from tests.support.requests import assert_problem, upload

LISTENERS = 40


@pytest.fixture
def front(store, settings) -> Iterator[tuple[Supervised, str]]:
    """A front process, and its URL."""
    places = {"RELIEF_LISTENERS": str(LISTENERS), "RELIEF_OWNER_LISTENERS": str(LISTENERS)}
    with running_front(settings, **places) as running:
        yield running


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
        store.jobs.cancel(job["id"])
        assert all('"state":"canceled"' in "".join(lines) for lines in streams)
