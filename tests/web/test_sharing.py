"""A link for others, and everything in one archive."""

import io
import zipfile

import pytest
from PIL import Image

from shared.jobs.record import Stage
from tests.support.requests import API, assert_problem, finish_stage, upload


@pytest.fixture
def job(client, store, storage, portrait) -> dict:
    made = upload(client, portrait, steps="depth").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    return client.get(made["links"]["self"]).json()


def test_who_has_the_link_may_read_and_nothing_else(client, stranger, job):
    assert job["share_url"] is None
    shared = client.post(job["links"]["share"]).json()
    assert client.get(job["links"]["self"]).json()["share_url"] == shared["url"]
    assert shared["url"] == f"{client.base_url}/#job={shared['token']}"
    seen = stranger.get(f"{API}/jobs/{shared['token']}").json()
    assert job["id"] not in str(seen)
    assert set(seen["links"]) == {"self", "photo", "thumbnail", "events"}
    assert (seen["state"], seen["share_url"]) == ("succeeded", None)
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
    assert client.get(job["links"]["self"]).json()["share_url"] is None
    assert_problem(stranger.get(f"{API}/jobs/{first['token']}"), 404, "")
    second = client.post(job["links"]["share"]).json()
    assert second["token"] != first["token"]
    client.delete(job["links"]["self"])
    assert stranger.get(f"{API}/jobs/{second['token']}").status_code == 404


def test_the_archive_has_photo_and_results_and_is_sent_in_parts(client, job):
    url = f"{job['links']['self']}/results/all.zip"
    answer = client.get(url)
    assert answer.headers["Content-Type"] == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["depth.png", "photo.jpg"]
        assert archive.read("depth.png") == b"depth.png" * 50
    head = client.head(url)
    assert (head.headers["Content-Length"], head.headers["ETag"]) == (str(len(answer.content)), answer.headers["ETag"])


@pytest.mark.parametrize("name", ["all.zip", "depth.png", "photo.jpg"])
def test_a_broken_download_goes_on_where_it_broke_off(client, job, name):
    url = f"{job['links']['self']}/results/{name}"
    whole = client.get(url)
    tag = whole.headers["ETag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert whole.headers["Accept-Ranges"] == "bytes"
    rest = client.get(url, headers={"Range": "bytes=100-", "If-Range": tag})
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"
    end = client.get(url, headers={"Range": "bytes=-7"})
    assert (end.status_code, end.content) == (206, whole.content[-7:])
    assert client.get(url, headers={"Range": "bytes=100-", "If-Range": '"another"'}).content == whole.content
    assert_problem(client.get(url, headers={"Range": f"bytes={len(whole.content)}-"}), 416, "")


def test_the_thumbnail_is_the_photo_in_small(client, stranger, job):
    answer = client.get(job["links"]["thumbnail"])
    assert answer.headers["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as small:
        assert (small.format, max(small.size)) == ("JPEG", 320)
    assert len(answer.content) < 40_000
    again = client.get(job["links"]["thumbnail"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert_problem(stranger.get(job["links"]["thumbnail"]), 404, "")


def test_the_archive_is_another_one_once_a_result_is_added(client, store, storage, job):
    url = f"{job['links']['self']}/results/all.zip"
    before = client.get(url).headers["ETag"]
    client.post(job["links"]["model"], json={})
    finish_stage(store, storage, Stage.MODEL, "cloud.ply", "cloud.rlf")
    after = client.get(url)
    assert after.headers["ETag"] != before
    names = zipfile.ZipFile(io.BytesIO(after.content)).namelist()
    assert sorted(names) == ["cloud.ply", "depth.png", "photo.jpg"]  # what only the viewer reads is left out


def test_a_job_lists_its_files_as_the_options_do(client, store, storage, job):
    client.post(job["links"]["model"], json={})
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf", "cloud.ply", "report.json")
    listed = client.get(job["links"]["self"]).json()["results"]
    assert [file["name"] for file in listed] == [
        *("view.html", "cloud.ply", "depth.png", "report.json", "cloud.rlf", "all.zip")
    ]
    table = {file["name"]: file for file in client.get(f"{API}/options").json()["results"]}
    for file in listed:
        row = table[file["name"]]
        words = ("label", "description", "media_type", "hidden")
        assert [file[word] for word in words] == [row[word] for word in words]
        assert row["stage"] in (file["stage"], None)
