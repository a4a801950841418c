"""Links to one file, for a phone's viewer, which has no cookies."""

from urllib.parse import urlsplit

import httpx
import pytest

from shared.jobs.record import Stage
from tests.support.requests import API, assert_problem, finish_stage, upload
from web import file_links


@pytest.fixture
def head(client, store, storage, portrait) -> dict:
    """A job of the client that has a head."""
    job = upload(client, portrait, steps="depth,model,head").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    finish_stage(store, storage, Stage.MODEL, "cloud.ply")
    finish_stage(store, storage, Stage.HEAD, "head.glb", "head.usdz")
    return client.get(job["links"]["self"]).json()


def link_of(client, job, name="head.glb") -> dict:
    return client.get(f"{API}/jobs/{job['id']}/results/{name}/link").json()


def test_a_link_opens_its_file_without_cookies_and_says_how_long(client, head):
    link = link_of(client, head)
    assert link["url"].startswith(str(client.base_url)) and link["expires_in_s"] == 600
    answer = httpx.get(link["url"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "model/gltf-binary")
    assert answer.content == client.get(f"{API}/jobs/{head['id']}/results/head.glb").content
    assert httpx.get(link["url"], headers={"Range": "bytes=2-5"}).content == answer.content[2:6]
    assert httpx.head(link["url"]).headers["Content-Length"] == str(len(answer.content))
    assert httpx.get(link_of(client, head, "head.usdz")["url"]).headers["Content-Type"] == "model/vnd.usdz+zip"


def test_a_link_opens_nothing_else_of_the_job_and_no_other_job(client, stranger, head, portrait):
    token = urlsplit(link_of(client, head)["url"]).path.split("/")[4]
    for path in (
        "",
        "/results/head.usdz",
        "/results/photo.jpg",
        "/results/all.zip",
        "/results/head.glb/link",
        "/events",
    ):
        assert stranger.get(f"{API}/jobs/{token}{path}").status_code == 404, path
    assert stranger.delete(f"{API}/jobs/{token}").status_code == 404
    for other in (token[:-1], f"{token}x", token.replace(".", "..", 1), "file-", f"file-{head['id']}"):
        assert_problem(stranger.get(f"{API}/jobs/{other}/results/head.glb"), 404, "")


def test_a_link_is_given_to_whoever_may_read_the_file_alone(client, stranger, head):
    path = f"{API}/jobs/{head['id']}/results/head.glb/link"
    assert_problem(stranger.get(path), 404, "")
    assert_problem(client.get(path.replace("head.glb", "face.glb")), 404, "face.glb")


def test_a_link_ends_after_its_time_and_with_its_job(client, head, monkeypatch):
    url = link_of(client, head)["url"]
    monkeypatch.setattr(file_links, "LINK_S", -1)
    assert_problem(httpx.get(url), 404, "too old")
    monkeypatch.undo()
    assert httpx.get(url).status_code == 200
    client.delete(head["links"]["self"])
    assert httpx.get(url).status_code == 404


def test_a_link_that_was_made_by_a_share_link_ends_with_that_one_and_does_not_tell_the_id(client, stranger, head):
    token = client.post(head["links"]["share"]).json()["token"]
    url = stranger.get(f"{API}/jobs/{token}/results/head.glb/link").json()["url"]
    assert httpx.get(url).status_code == 200
    client.delete(head["links"]["share"])
    assert httpx.get(url).status_code == 404
