"""A job as an answer: ETag, 304, and waiting for a change."""

import time

import pytest

from shared.jobs.record import Stage
from shared.jobs.workers import Workers
from tests.support.jobs import claim
from tests.support.requests import API, assert_problem, finish_stage, later, upload


def test_the_status_answers_304_until_something_changes(client, store, portrait):
    job = upload(client, portrait).json()
    first = client.get(job["links"]["self"])
    again = client.get(job["links"]["self"], headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    store.claims.claim(Stage.DEPTH, limit=1, lease_s=5, stage_limit_s=9)
    changed = client.get(job["links"]["self"], headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.json()["state"]) == (200, "running")


def test_a_weak_etag_works_like_the_strong_one(client, portrait):
    made = upload(client, portrait).json()
    tag = client.get(made["links"]["self"]).headers["ETag"]
    for method in ("GET", "HEAD"):
        assert client.request(method, made["links"]["self"], headers={"If-None-Match": f"W/{tag}"}).status_code == 304
    answer = client.get(f"{made['links']['self']}?wait=1", headers={"If-None-Match": f"W/{tag}"})
    assert (answer.status_code, answer.elapsed.total_seconds() >= 1) == (304, True)


def test_that_time_passes_as_expected_is_no_news(client, store, portrait):
    Workers(store.redis).announce(Stage.DEPTH, "host:1")
    store.redis.rpush("relief:own-seconds:depth", 30)
    url = upload(client, portrait, steps="depth").json()["links"]["self"]
    answers = []
    for _ in range(8):
        answers.append(client.get(url))
        time.sleep(0.1)
    assert len({answer.json()["expected_seconds"] for answer in answers}) > 4
    tags = {answer.headers["ETag"] for answer in answers}
    assert 1 <= len(tags) <= 2 and all(tag.startswith("W/") for tag in tags)  # two, where a step of some seconds passes
    store.redis.rpush("relief:own-seconds:depth", 90, 90)
    time.sleep(0.6)  # longer than a forecast is remembered
    later = client.get(url, headers={"If-None-Match": answers[-1].headers["ETag"]})
    assert (later.status_code, later.json()["expected_seconds"] > 50) == (200, True)


@pytest.mark.parametrize(("query", "headers"), [("", {"Prefer": "respond-async, wait=10"}), ("?wait=10", {})])
def test_an_upload_that_waits_is_answered_with_the_finished_job(client, store, storage, portrait, query, headers):
    timer = later(0.5, lambda: finish_stage(store, storage, Stage.DEPTH, "depth.png"))
    began = time.monotonic()
    made = client.post(f"{API}/jobs{query}", files={"photo": portrait}, data={"steps": "depth"}, headers=headers)
    timer.join()
    assert (made.status_code, made.json()["state"]) == (200, "succeeded")
    assert time.monotonic() - began < 9  # the wait that was asked for is 10


def test_an_upload_whose_wait_runs_out_is_answered_with_202(client, portrait):
    began = time.monotonic()
    made = client.post(f"{API}/jobs", files={"photo": portrait}, headers={"Prefer": "wait=1"})
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    assert 1 <= time.monotonic() - began < 4
    for wrong in ("-1", "61", "1.5", "x"):
        assert_problem(client.post(f"{API}/jobs?wait={wrong}", files={"photo": portrait}), 422, "wait")


def test_a_long_poll_is_answered_when_the_job_changes(client, store, portrait):
    job = upload(client, portrait).json()
    url = f"{job['links']['self']}?wait=10"
    changes = ((lambda: claim(store)[0], "running"), (lambda: store.jobs.cancel(job["id"]), "canceled"))
    for change, state in changes:
        for_tag = client.get(job["links"]["self"]).headers["ETag"] if state == "canceled" else None
        began = time.monotonic()
        timer = later(0.3, change)
        changed = client.get(url, headers={"If-None-Match": for_tag} if for_tag else {})
        timer.join()
        assert (changed.status_code, changed.json()["state"]) == (200, state)
        assert 0.25 < time.monotonic() - began < 5
    ended = client.get(url, headers={"If-None-Match": changed.headers["ETag"]})
    assert ended.status_code == 304


def test_a_long_poll_without_a_change_is_answered_with_304(client, portrait):
    job = upload(client, portrait).json()
    tag = client.get(job["links"]["self"]).headers["ETag"]
    began = time.monotonic()
    assert client.get(f"{job['links']['self']}?wait=1", headers={"If-None-Match": tag}).status_code == 304
    assert 1 <= time.monotonic() - began < 5
