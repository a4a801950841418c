"""An API key that is revoked hears nothing more, on what it has open neither."""

import threading
import time

import httpx
import pytest

from shared.jobs.record import Stage
from tests.support.jobs import claim
from tests.support.requests import API, assert_problem, events_of, later, upload
from web.keys import Keys

SOON_S = 8  # a watch looks every two seconds


@pytest.fixture
def keys(store) -> Keys:
    return Keys(store.redis)


@pytest.fixture
def program(url, keys):
    with httpx.Client(base_url=url, timeout=20, headers={"Authorization": f"Bearer {keys.create('lab')}"}) as client:
        yield client


def test_a_revoked_key_hears_nothing_more_on_an_open_stream(program, keys, store, portrait):
    job = upload(program, portrait).json()
    with program.stream("GET", job["links"]["events"]) as response:
        events = events_of(response)
        assert next(event for event in events if event.get("event") == "job")
        keys.revoke("lab")
        began = time.monotonic()
        [held] = claim(store)
        store.claims.progress(held, 0.5)
        assert list(events) == []
        assert time.monotonic() - began < SOON_S
    assert_problem(program.get(job["links"]["events"]), 401, "revoked")


@pytest.mark.parametrize("asks", ["show", "create"])
def test_a_revoked_key_is_refused_on_what_it_waits_for(program, keys, store, portrait, asks):
    made = upload(program, portrait).json()
    timer = later(0.5, lambda: keys.revoke("lab"))
    began = time.monotonic()
    if asks == "show":
        answer = program.get(f"{made['links']['self']}?wait=15")
    else:
        answer = program.post(f"{API}/jobs?wait=15", files={"photo": portrait})
    timer.join()
    assert_problem(answer, 401, "revoked")
    assert time.monotonic() - began < SOON_S


def test_a_key_that_takes_the_place_of_a_revoked_one_hears_in_its_own_right(program, keys, store, url, portrait):
    job = upload(program, portrait, steps="depth").json()
    answers = {}
    old = threading.Thread(target=lambda: answers.update(old=program.get(f"{job['links']['self']}?wait=15")))
    old.start()
    keys.revoke("lab")
    with httpx.Client(base_url=url, timeout=20, headers={"Authorization": f"Bearer {keys.create('lab')}"}) as renewed:
        timer = later(0.3, lambda: store.claims.claim(Stage.DEPTH, limit=1, lease_s=5, stage_limit_s=9))
        assert renewed.get(f"{job['links']['self']}?wait=15").json()["state"] in ("queued", "running")
        timer.join()
    old.join()
    assert answers["old"].status_code == 401
