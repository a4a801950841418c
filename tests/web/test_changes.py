"""Slots of clients that wait for a job to change."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from stack.processes import Supervised
from tests.support.fronts import client_of, running_front
from tests.support.jobs import claim
from tests.support.requests import assert_problem, events_of, later, upload

LISTENERS = 40
OF_ONE_ADDRESS = 20


def test_a_closed_stream_frees_its_slot(settings, store, portrait):
    with client_of(settings.model_copy(update={"listeners": 1})) as client:
        job = upload(client, portrait).json()
        with client.stream("GET", job["links"]["events"]) as response:
            listening = events_of(response)
            next(listening)
            refused = client.get(job["links"]["events"])
            assert_problem(refused, 503, "poll")
            assert refused.headers["Retry-After"] == "5"
            began = time.monotonic()
            assert client.get(f"{job['links']['self']}?wait=5").status_code == 200
            assert time.monotonic() - began < 2  # no thread is left to wait with: answered at once
        store.jobs.cancel(job["id"])  # the server notices that the listener left when it next writes
        time.sleep(0.5)
        assert client.get(job["links"]["events"]).status_code == 200


def test_a_long_poll_frees_its_slot_at_a_change_and_at_its_end(settings, store, portrait):
    with client_of(settings.model_copy(update={"listeners": 1})) as client:
        url = upload(client, portrait).json()["links"]["self"]
        timer = later(0.3, lambda: claim(store))
        assert client.get(f"{url}?wait=10").json()["state"] == "running"
        timer.join()
        tag = client.get(url).headers["ETag"]
        for _ in range(2):
            answer = client.get(f"{url}?wait=1", headers={"If-None-Match": tag})
            assert (answer.status_code, answer.elapsed.total_seconds() >= 1) == (304, True)


def test_one_user_holds_no_more_slots_than_their_share(settings, store, portrait):
    with client_of(settings.model_copy(update={"listeners": 6, "owner_listeners": 2})) as client:
        job = upload(client, portrait).json()
        with client.stream("GET", job["links"]["events"]) as one, client.stream("GET", job["links"]["events"]) as two:
            assert (one.status_code, two.status_code) == (200, 200)
            assert_problem(client.get(job["links"]["events"]), 503, "poll")
            with httpx.Client(base_url=client.base_url, timeout=20) as other:
                theirs = upload(other, portrait).json()
                with other.stream("GET", theirs["links"]["events"]) as answer:
                    assert answer.status_code == 200
        store.jobs.cancel(job["id"])
        store.jobs.cancel(theirs["id"])


def test_many_visitors_of_one_address_leave_slots_to_others(settings, store, portrait):
    with client_of(settings.model_copy(update={"listeners": 16, "behind_proxy": True})) as client, ExitStack() as held:

        def visitor(address: str) -> tuple[httpx.Client, str]:
            headers = {"X-Forwarded-For": address}
            new = held.enter_context(httpx.Client(base_url=client.base_url, timeout=20, headers=headers))
            return new, upload(new, portrait).json()["links"]["events"]

        def slots(*visitors: tuple[httpx.Client, str]) -> int:
            """How many streams of these visitors, one after the other, are open when one is refused."""
            for count in range(20):
                one, url = visitors[count % len(visitors)]
                if held.enter_context(one.stream("GET", url)).status_code == 503:
                    return count
            raise AssertionError("none is refused")

        assert slots(visitor("192.0.2.1"), visitor("192.0.2.1")) == 8
        assert slots(visitor("2001:db8::1"), visitor("2001:db8::2")) == 4
        assert slots(visitor("192.0.2.2")) == 2
        refused, url = visitor("192.0.2.1")
        began = time.monotonic()
        poll = refused.get(f"{url.removesuffix('/events')}?wait=10")
        assert (poll.status_code, "Retry-After" in poll.headers, time.monotonic() - began < 5) == (200, True, True)
        for job in store.redis.zrange("relief:jobs", 0, -1):
            store.jobs.cancel(job.decode())


@pytest.fixture
def front(store, settings) -> Iterator[tuple[Supervised, str]]:
    """A front process, and its URL."""
    limits = {"RELIEF_LISTENERS": str(LISTENERS), "RELIEF_OWNER_LISTENERS": str(LISTENERS)}
    with running_front(settings, **limits) as running:
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


def test_with_all_slots_taken_another_stream_is_refused_and_other_requests_are_answered(client, store, portrait):
    job = upload(client, portrait).json()
    with ExitStack() as held:
        streams = [listen(client, job["links"]["events"], held) for _ in range(OF_ONE_ADDRESS)]
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
