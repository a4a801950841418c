"""The files of a job: stored ones, those made on request, parts of them, and the archive of all."""

import base64
import io
import os
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from PIL import Image

from shared.jobs.record import Stage
from tests.support.browser_setup import in_ci
from tests.support.requests import API, assert_problem, finish_stage, upload


def test_a_file_that_a_job_does_not_have_is_not_found(client, portrait):
    job = upload(client, portrait).json()
    assert_problem(client.get(f"{job['links']['self']}/results/depth.png"), 404, "it has photo.jpg")
    for name in ("..%2f..%2fsecret", "lock", "photo"):
        assert client.get(f"{job['links']['self']}/results/{name}").status_code == 404


def test_the_stored_photo_is_served_under_our_own_type_and_name(client, portrait):
    job = upload(client, portrait, "<script>.html").json()
    response = client.get(job["links"]["photo"])
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "script" not in response.headers["Content-Disposition"]
    again = client.get(job["links"]["photo"], headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


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


def test_the_archive_has_photo_and_results_and_is_sent_in_parts(client, job):
    url = f"{job['links']['self']}/results/all.zip"
    answer = client.get(url)
    assert answer.headers["Content-Type"] == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["depth.png", "photo.jpg"]
        assert archive.read("depth.png") == b"depth.png" * 50
        for entry in archive.infolist():
            stored = client.get(url.replace("all.zip", entry.filename))
            made = parsedate_to_datetime(stored.headers["Last-Modified"])
            assert abs(datetime(*entry.date_time, tzinfo=UTC) - made) < timedelta(seconds=2)
            assert entry.external_attr >> 16 == 0o100644
    head = client.head(url)
    assert (head.headers["Content-Length"], head.headers["ETag"]) == (str(len(answer.content)), answer.headers["ETag"])


@pytest.mark.skipif(not shutil.which("unzip") and not in_ci(), reason="no unzip here")
def test_unzip_gives_files_that_all_may_read_with_the_time_at_which_they_were_made(client, job, settings, tmp_path):
    (tmp_path / "all.zip").write_bytes(client.get(f"{job['links']['self']}/results/all.zip").content)
    subprocess.run(["unzip", "-q", "all.zip"], cwd=tmp_path, check=True, umask=0o022)
    for name in ("depth.png", "photo.jpg"):
        [stored] = settings.data.rglob(name)
        own = (tmp_path / name).stat()
        assert (own.st_mode & 0o777, own.st_mtime) == (0o644, int(stored.stat().st_mtime))


def test_the_archive_gets_a_new_etag_when_a_result_is_added(client, store, storage, job):
    url = f"{job['links']['self']}/results/all.zip"
    before = client.get(url).headers["ETag"]
    client.post(job["links"]["model"], json={})
    finish_stage(store, storage, Stage.MODEL, "cloud.ply", "cloud.rlf")
    after = client.get(url)
    assert after.headers["ETag"] != before
    names = zipfile.ZipFile(io.BytesIO(after.content)).namelist()
    assert sorted(names) == ["cloud.ply", "depth.png", "photo.jpg"]  # what only the viewer reads is left out


@pytest.mark.parametrize("name", ["all.zip", "depth.png", "photo.jpg"])
def test_a_broken_download_can_be_resumed(client, job, name):
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


def test_the_thumbnail_is_a_small_version_of_the_photo(client, stranger, job):
    answer = client.get(job["links"]["thumbnail"])
    assert answer.headers["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as small:
        assert (small.format, max(small.size)) == ("JPEG", 320)
    assert len(answer.content) < 40_000
    again = client.get(job["links"]["thumbnail"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert_problem(stranger.get(job["links"]["thumbnail"]), 404, "")


@pytest.mark.parametrize("wanted", ["bananas=1-2", "junk", "bytes=5-2", "bytes=0-1,5-6", "bytes=-", "bytes=٣-"])
def test_an_invalid_range_is_ignored(client, job, wanted):
    url = f"{job['links']['self']}/results/depth.png"
    answer = client.get(url, headers={"Range": wanted.encode()})
    assert (answer.status_code, len(answer.content)) == (200, 450)
    weak = client.get(url, headers={"Range": "bytes=5-", "If-Range": f"W/{answer.headers['ETag']}"})
    assert weak.status_code == 200


def test_a_file_is_not_sent_when_if_match_names_another_version(client, job):
    url = f"{job['links']['self']}/results/depth.png"
    assert_problem(client.get(url, headers={"If-Match": '"another"'}), 412, "If-Match")
    tag = client.get(url).headers["ETag"]
    assert client.get(url, headers={"If-Match": tag}).status_code == 200
    beyond = client.get(url, headers={"Range": "bytes=450-"})
    assert_problem(beyond, 416, "")
    assert beyond.headers["Content-Range"] == "bytes */450"


@pytest.fixture
def viewable(client, store, storage, settings, portrait) -> tuple[str, bytes]:
    """The URL of a job's results, and its stored cloud, which is no cloud at all."""
    job = upload(client, portrait, steps="depth,model").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf")
    [path] = settings.data.rglob("cloud.rlf")
    return f"{job['links']['self']}/results", path.read_bytes()


def test_the_view_holds_cloud_and_head_as_they_are_stored(client, viewable):
    url, cloud = viewable
    answer = client.get(f"{url}/view.html")
    [data] = re.findall(r'<script id="cloud" type="text/plain">([^<]*)</script>', answer.text)
    assert base64.b64decode(data, validate=True) == cloud
    listed = {file["name"]: file["bytes"] for file in client.get(url.removesuffix("/results")).json()["results"]}
    assert len(answer.content) == listed["view.html"] == int(answer.headers["Content-Length"])
    assert answer.headers["Content-Disposition"] == "attachment; filename=view.html"


@pytest.mark.parametrize("name", ["view.html", "all.zip"])
def test_what_is_put_together_answers_conditions_and_parts_of_itself(client, viewable, name):
    url = f"{viewable[0]}/{name}"
    whole = client.get(url)
    tag, size = whole.headers["ETag"], len(whole.content)
    head = client.head(url)
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(size))
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(url, headers={"If-None-Match": tag, "Range": "bytes=0-0"}).status_code == 304
    assert_problem(client.get(url, headers={"If-Match": '"another"', "Range": "bytes=0-0"}), 412, "If-Match")
    assert client.head(url, headers={"If-Match": "*"}).status_code == 200
    assert client.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416
    for begin in [*range(0, size, size // 23), size - 1]:
        part = client.get(url, headers={"Range": f"bytes={begin}-{begin + 999}"})
        assert (part.status_code, part.content) == (206, whole.content[begin : begin + 1000])


def test_what_is_known_without_a_file_is_told_without_reading_it(client, viewable, settings):
    url, _ = viewable
    tags = {name: client.get(f"{url}/{name}").headers["ETag"] for name in ("view.html", "all.zip", "depth.png")}
    for path in settings.data.rglob("*-*/*"):  # results, but not the photo
        path.unlink()
        os.mkfifo(path)  # whoever opens it waits for ever
    for name, tag in tags.items():
        assert client.head(f"{url}/{name}").status_code == 200
        assert client.get(f"{url}/{name}", headers={"If-None-Match": tag}).status_code == 304
        assert client.get(f"{url}/{name}", headers={"If-Match": '"another"'}).status_code == 412


def test_a_thumbnail_is_made_once_and_goes_with_its_job(client, storage, job):
    url, job_id = job["links"]["thumbnail"], job["id"]
    first = client.get(url)
    assert storage.read(job_id, "photo", "thumbnail.jpg") == first.content
    storage.write(job_id, "photo", "thumbnail.jpg", b"made already")
    assert client.get(url).content == b"made already"
    assert client.head(url).headers["Content-Length"] == "12"
    assert "photo/thumbnail.jpg" in client.delete(job["links"]["self"]).json()["files"]
    assert_problem(client.get(url), 404, "")
    assert storage.folders(job_id) == []
