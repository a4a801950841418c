"""A link for others, and everything in one archive."""

import io
import zipfile

import pytest

from shared.jobs import Stage
from tests.web.asking import API, assert_problem, finish_stage, upload


@pytest.fixture
def job(client, store, storage, portrait) -> dict:
    made = upload(client, portrait, steps="depth").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    return client.get(made["links"]["self"]).json()


def test_who_has_the_link_may_read_and_nothing_else(client, stranger, job):
    shared = client.post(job["links"]["share"]).json()
    assert shared["url"] == f"{client.base_url}/#job={shared['token']}"
    seen = stranger.get(f"{API}/jobs/{shared['token']}").json()
    assert job["id"] not in str(seen)
    assert set(seen["links"]) == {"self", "photo", "events"}
    assert seen["state"] == "succeeded"
    for result in seen["results"]:
        assert stranger.get(result["url"]).status_code == 200
    assert stranger.get(seen["links"]["photo"]).headers["Content-Type"] == "image/jpeg"
    assert "succeeded" in stranger.get(seen["links"]["events"]).text
    for who in (stranger, client):
        for method, path in (("delete", ""), ("post", "/cancel"), ("post", "/model"), ("post", "/share")):
            assert who.request(method, f"{API}/jobs/{shared['token']}{path}").status_code == 404
    assert stranger.get(job["links"]["self"]).status_code == 404
    assert stranger.get(f"{API}/jobs").json()["jobs"] == []


def test_a_link_stays_the_same_until_it_is_revoked(client, stranger, job):
    first = client.post(job["links"]["share"]).json()
    assert client.post(job["links"]["share"]).json() == first
    assert client.delete(job["links"]["share"]).status_code == 204
    assert_problem(stranger.get(f"{API}/jobs/{first['token']}"), 404, "")
    second = client.post(job["links"]["share"]).json()
    assert second["token"] != first["token"]
    client.delete(job["links"]["self"])
    assert stranger.get(f"{API}/jobs/{second['token']}").status_code == 404


def test_the_archive_has_photo_and_results_and_is_sent_in_parts(client, job):
    answer = client.get(f"{job['links']['self']}/results/all.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    assert "Content-Length" not in answer.headers
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["depth.png", "photo.jpg"]
        assert archive.read("depth.png") == b"depth.png" * 50
