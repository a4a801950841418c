"""What programs send: types, names and fields that are common and should do, and what is said of those that do not."""

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest

from shared.jobs.record import PhotoInfo, Stage
from tests.support.pictures import encoded, two_halves
from tests.support.requests import API, assert_problem, upload

URL = f"{API}/jobs"
FILES = Path(__file__).parents[2] / "data" / "photos_as_made"
MAP = io.BytesIO()
np.save(MAP, np.add.outer(np.arange(80.0), np.arange(120.0)))
PHOTO = encoded(two_halves(), "JPEG")


def form(*parts: tuple[bytes, bytes], boundary: bytes = b"xx") -> tuple[bytes, dict[str, str]]:
    """A form of parts: what follows `form-data; ` in their heads, and their content."""
    body = b"".join(
        b"--" + boundary + b"\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    return body + b"--" + boundary + b"--\r\n", {"Content-Type": "multipart/form-data; boundary=xx"}


@pytest.mark.parametrize(
    "kind",
    ["image/jpeg", "image/jpg", "image/pjpeg", "image/x-png", "IMAGE/PNG", "application/octet-stream", None],
)
@pytest.mark.parametrize("photo", [PHOTO, encoded(two_halves())], ids=["jpeg", "png"])
def test_a_bare_photo_is_taken_for_what_its_bytes_are(client, photo, kind):
    made = client.post(URL, params={"steps": "depth"}, content=photo, headers={"Content-Type": kind} if kind else {})
    assert made.status_code == 202
    assert made.json()["photo"]["width"] == 120


@pytest.mark.parametrize("kind", ["image/jpeg", "application/octet-stream", None])
def test_a_bare_body_that_is_no_photo_is_refused(client, store, kind):
    headers = {"Content-Type": kind} if kind else {}
    assert_problem(client.post(URL, content=b"text", headers=headers), 415, "not a JPEG or PNG")
    assert_problem(client.post(URL, content=b"", headers=headers), 422, 'field "photo"')
    assert store.waiting(Stage.DEPTH) == 0


def test_a_photo_of_a_phone_that_is_no_jpeg_is_named(client):
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    assert "Most Compatible" in assert_problem(upload(client, heic, "me.heic"), 415, "HEIC")["detail"]
    assert_problem(client.post(URL, content=heic, headers={"Content-Type": "image/heic"}), 415, "image/heic")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
@pytest.mark.parametrize("path", [URL, f"{URL}/none/model"])
def test_a_packed_body_is_refused_and_told_how_to_be_sent(client, coding, path):
    headers = {"Content-Encoding": coding, "Content-Type": "image/jpeg"}
    refused = client.post(path, content=gzip.compress(PHOTO), headers=headers)
    assert_problem(refused, 415, coding)
    assert refused.headers["Accept-Encoding"] == "identity"


def test_a_body_whose_coding_is_none_is_read(client):
    headers = {"Content-Encoding": "identity", "Content-Type": "image/jpeg"}
    assert client.post(URL, content=PHOTO, headers=headers).status_code == 202


@pytest.mark.parametrize(
    "name",
    [
        *("Mädchen.jpg".encode("latin-1"), "Mädchen.jpg".encode(), "写真.jpg".encode("shift-jis")),
        *(bytes(range(0x80, 0x100)), b"\xff\xfe.jpg", b"a\\b;c=d.jpg", "Ж.jpg".encode("koi8-r"), b"\0\1.jpg", b" "),
    ],
)
def test_a_file_may_have_a_name_in_any_bytes(client, name):
    body, headers = form((b'name="steps"', b"depth"), (b'name="photo"; filename="' + name + b'"', PHOTO))
    made = client.post(URL, content=body, headers=headers)
    assert made.status_code == 202, made.text
    assert made.json()["steps"] == ["depth"]


def test_two_photos_are_refused(client, store):
    two = [("photo", ("a.jpg", PHOTO)), ("photo", ("b.jpg", PHOTO))]
    assert_problem(client.post(URL, files=two), 422, '"photo" was sent 2 times')
    assert store.waiting(Stage.DEPTH) == 0


def test_two_maps_are_refused(client, store):
    files = [("photo", ("a.jpg", PHOTO)), *[("disparity", (f"{n}.npy", MAP.getvalue())) for n in range(2)]]
    assert_problem(client.post(URL, files=files), 422, '"disparity" was sent 2 times')
    assert client.post(URL, files=files[:2]).status_code == 202
    assert store.waiting(Stage.DEPTH) == 1


def test_one_setting_twice_is_refused_wherever_it_stands(client, store):
    photo = {"photo": ("a.jpg", PHOTO)}
    for query, fields in (
        ("", {"point_budget": ["2000", "3000"]}),
        ("", {"point_budget": ["2000", "2000"]}),
        ("?point_budget=2000&point_budget=3000", {}),
        ("?point_budget=2000", {"point_budget": "3000"}),
        ("?wait=1&wait=2", {}),
    ):
        refused = client.post(URL + query, files=photo, data=fields)
        assert_problem(refused, 422, "wait" if "wait" in query else "point_budget")
    bare = {"Content-Type": "image/jpeg"}
    assert_problem(client.post(f"{URL}?steps=depth&steps=depth", content=PHOTO, headers=bare), 422, "steps")
    assert store.waiting(Stage.DEPTH) == 0


def test_query_and_form_may_say_the_same(client):
    made = client.post(f"{URL}?point_budget=2000", files={"photo": ("a.jpg", PHOTO)}, data={"point_budget": "2000"})
    assert made.json()["settings"]["model"]["point_budget"] == 2000


@pytest.mark.parametrize("field", ["file", "image", "Photo", "photo[]", "upload"])
def test_a_photo_in_another_field_is_told_where_it_belongs(client, field):
    assert_problem(client.post(URL, files={field: ("a.jpg", PHOTO)}), 422, f"'{field}'")
    refused = client.post(URL, files={"photo": ("a.jpg", PHOTO), field: ("b.jpg", PHOTO)})
    assert 'sent in the field "photo"' in assert_problem(refused, 422, f"'{field}'")["detail"]


@pytest.mark.parametrize(("query", "fields"), [("?photo=b.jpg", {}), ("", {"photo": "b.jpg"})])
def test_a_photo_named_in_text_beside_a_photo_is_not_dropped_in_silence(client, query, fields):
    refused = client.post(URL + query, files={"photo": ("a.jpg", PHOTO)}, data=fields)
    assert_problem(refused, 422, "must be a file")


def test_a_photo_sent_as_a_form_of_text_is_told_how(client):
    body, kind = PHOTO[:20_000], {"Content-Type": "application/x-www-form-urlencoded"}  # as curl --data-binary does
    assert_problem(client.post(URL, content=body, headers=kind), 422, "curl -F photo=@FILE")


def test_what_a_photo_lacks_and_why_its_lens_is_not_believed_are_kept(client, settings):
    whole = (FILES / "no_eoi.jpg").read_bytes()
    damaged = upload(client, whole[: int(0.9 * len(whole))]).json()["photo"]
    assert "damaged or cut short" in damaged["damage"]
    cropped = upload(client, (FILES / "exif_26_crop_px.jpg").read_bytes()).json()["photo"]
    assert (cropped["focal_35mm"], cropped["damage"]) == (None, None)
    assert "4032 x 3024" in cropped["focal_doubt"]
    assert_problem(upload(client, (FILES / "trunc50_eoi.jpg").read_bytes()), 422, "is missing")


def test_a_photo_of_an_older_record_has_neither():
    old = PhotoInfo.model_validate(json.loads('{"width": 3, "height": 2, "bytes": 9, "focal_35mm": null}'))
    assert (old.focal_doubt, old.damage) == (None, None)
