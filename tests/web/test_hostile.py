"""Requests that no honest client sends are refused in words, and never by an error of ours."""

import logging

import httpx
import pytest

from shared.jobs.record import Stage
from tests.support.fronts import client_of
from tests.support.requests import API, assert_problem, finish_stage, upload

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def job(client, store, storage, portrait) -> dict:
    made = upload(client, portrait, steps="depth").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    return client.get(made["links"]["self"]).json()


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"data": {"point_budget": "2"}}, 415, "application/json"),  # what curl -d sends
        ({"files": {"point_budget": b"2"}}, 415, "application/json"),
        ({"content": b"[" * 50_000, "headers": JSON}, 400, "nested"),
        ({"content": b" " * 64_001, "headers": JSON}, 413, "0.064 MB"),
        ({"content": b"{", "headers": JSON}, 400, ""),
        ({"content": b"[]", "headers": JSON}, 422, "JSON object"),
        ({"content": b'{"point_budget": 2}', "headers": JSON}, 422, "point_budget"),
    ],
)
def test_settings_that_are_not_understood_build_no_model(client, store, job, sent, status, words):
    assert_problem(client.post(job["links"]["model"], **sent), status, words)
    assert store.jobs.get(job["id"]).state == "succeeded"
    assert client.post(job["links"]["model"]).status_code == 202  # none at all means the defaults


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"no boundary", "multipart/form-data", 400, "cannot be read"),
        (b"--x\r\nContent-Disposition: form-da", "multipart/form-data; boundary=x", 400, "cannot be read"),
        (
            b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\nabc\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
            "must be a file",
        ),
    ],
)
def test_a_form_that_is_broken_is_told_how(client, settings, body, kind, status, words):
    assert_problem(client.post(f"{API}/jobs", content=body, headers={"Content-Type": kind}), status, words)
    assert not settings.data.exists() or not list(settings.data.rglob("*.jpg"))


def test_an_upload_too_large_names_the_limit_and_has_one_type(client, settings):
    answer = client.post(f"{API}/jobs", files={"photo": b"\xff" * (settings.upload_mb * 1_000_000 + 200_000)})
    assert assert_problem(answer, 413, "20.1 MB")["type"] == "/problems/photo-too-large"


@pytest.mark.parametrize("wanted", ["bananas=1-2", "junk", "bytes=5-2", "bytes=0-1,5-6", "bytes=-", "bytes=٣-"])
def test_a_range_that_is_none_is_passed_over(client, job, wanted):
    url = f"{job['links']['self']}/results/depth.png"
    answer = client.get(url, headers={"Range": wanted.encode()})
    assert (answer.status_code, len(answer.content)) == (200, 450)
    weak = client.get(url, headers={"Range": "bytes=5-", "If-Range": f"W/{answer.headers['ETag']}"})
    assert weak.status_code == 200


def test_a_file_that_is_not_the_one_meant_is_not_sent(client, job):
    url = f"{job['links']['self']}/results/depth.png"
    assert_problem(client.get(url, headers={"If-Match": '"another"'}), 412, "If-Match")
    tag = client.get(url).headers["ETag"]
    assert client.get(url, headers={"If-Match": tag}).status_code == 200
    beyond = client.get(url, headers={"Range": "bytes=450-"})
    assert_problem(beyond, 416, "")
    assert beyond.headers["Content-Range"] == "bytes */450"


def test_an_etag_that_a_proxy_made_weak_waits_as_well(client, portrait):
    made = upload(client, portrait).json()
    tag = client.get(made["links"]["self"]).headers["ETag"]
    for method in ("GET", "HEAD"):
        assert client.request(method, made["links"]["self"], headers={"If-None-Match": f"W/{tag}"}).status_code == 304
    answer = client.get(f"{made['links']['self']}?wait=1", headers={"If-None-Match": f"W/{tag}"})
    assert (answer.status_code, answer.elapsed.total_seconds() >= 1) == (304, True)


def test_a_host_that_is_none_is_refused(url):
    assert_problem(httpx.get(f"{url}{API}/jobs", headers={"Host": "a b"}), 400, "Host")


def test_the_log_has_one_line_for_a_request_and_no_token_of_a_shared_job(client, job, caplog):
    token = client.post(job["links"]["share"]).json()["token"]
    with caplog.at_level(logging.INFO, "web.request_ids"):
        client.get(f"{API}/jobs/{token}/results/none")
        client.get("/x%0aFORGED%00")
    lines = [record.getMessage() for record in caplog.records if record.name == "web.request_ids"]
    assert len(lines) == 2
    assert token not in lines[0] and "share-..." in lines[0]
    assert lines[1] == "GET /x%0AFORGED%00 refused with 404"


def test_a_shared_job_does_not_tell_its_id_in_errors(client, stranger, job):
    token = client.post(job["links"]["share"]).json()["token"]
    refused = stranger.get(f"{API}/jobs/{token}/results/none")
    assert job["id"] not in refused.text
    assert_problem(refused, 404, "depth.png")


def test_no_source_is_served_as_a_file_of_the_viewer(client):
    assert client.get("/viewer/viewer.js").status_code == 200
    assert_problem(client.get("/viewer/__init__.py"), 404, "")


def test_one_listener_takes_no_more_than_its_share(settings, store, portrait):
    with client_of(settings.model_copy(update={"listeners": 4, "owner_listeners": 2})) as client:
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
