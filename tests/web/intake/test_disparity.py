"""A disparity map beside the photo: which are taken, what is stored of them, and what is left of those that are not."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from shared.jobs.record import Stage
from shared.maps.disparity_files import read_disparity
from tests.support.fronts import client_of
from tests.support.pictures import encoded, png, two_halves
from tests.support.requests import API, assert_problem, finish_stage, stored_files

SIZE_WH = (120, 80)
RAMP = np.tile(np.linspace(-3, 900, 60), (40, 1))  # (H, W), half the photo's size; nearer to the right


def npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values, allow_pickle=True)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def gray_png(values: np.ndarray) -> bytes:
    return encoded(Image.fromarray(values))


def with_tail(data: bytes) -> bytes:
    return data + b"\0 the uploader's own bytes"


def send(client, disparity: bytes, name: str = "map", **fields: str):
    photo = encoded(two_halves(*SIZE_WH))
    return client.post(f"{API}/jobs", files={"photo": ("a.png", photo), "disparity": (name, disparity)}, data=fields)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (with_tail(npy(RAMP)), RAMP),
        (npy(RAMP.astype(np.float16)), RAMP.astype(np.float16)),
        (npz(other=RAMP[:5], disparity=RAMP), RAMP),
        (gray_png((RAMP / 4).clip(0).astype(np.uint8)), (RAMP / 4).clip(0).astype(np.uint8)),
        (gray_png((60 * RAMP).clip(0).astype(np.uint16)), (60 * RAMP).clip(0).astype(np.uint16)),
    ],
    ids=["npy", "float16", "npz", "png8", "png16"],
)
def test_a_disparity_map_is_stored_beside_the_photo_as_the_numbers_that_were_read(client, settings, file, expected):
    response = send(client, file)
    assert response.status_code == 202
    assert stored_files(settings) == ["disparity.npz", "photo.jpg"]
    [path] = settings.data.rglob("disparity.npz")
    assert response.json()["disparity"] == {"width": 60, "height": 40, "bytes": path.stat().st_size}
    assert b"uploader" not in path.read_bytes()
    assert np.array_equal(read_disparity(path.read_bytes(), SIZE_WH).values, expected.astype(np.float32))


def test_a_job_without_a_disparity_map_says_so(client):
    made = client.post(f"{API}/jobs", files={"photo": ("a.png", encoded(two_halves()))})
    assert made.json()["disparity"] is None


def bomb() -> bytes:
    """A packed .npz of half a gigabyte of zeros, whose header promises a small array."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("disparity.npy", "w") as member:
        member.write(npy(RAMP)[:128])
        for _ in range(500):
            member.write(bytes(1_000_000))
    return file.getvalue()


HOSTILE = {
    "text": (b"not a map", ".png, .npy or .npz"),
    "empty": (b"", ".png, .npy or .npz"),
    "photo": (encoded(two_halves(), "JPEG"), ".png, .npy or .npz"),
    "pickle": (npy(np.array([{"a": 1}, None] * 4, object).reshape(2, 4)), "plain numbers"),
    "three axes": (npy(np.ones((40, 60, 3))), "height and width alone"),
    "infinite": (npy(np.where(RAMP > 800, np.inf, RAMP)), "infinite"),
    "unknown": (npy(np.where(RAMP > 100, np.nan, RAMP)), "unknown"),
    "flat": (npy(np.full((40, 60), 7.0)), "same value everywhere"),
    "other shape": (npy(RAMP.T), "in the same shape"),
    "cut short": (npy(RAMP)[:-100], "cut short"),
    "promises terabytes": (npy(RAMP).replace(b"(40, 60), ", b"(9999999, 9999999), ").replace(b" " * 13, b"", 1), ""),
    "large": (png((60_000, 40_000), b"\0", depth=16, colour=0), "at most 16 megapixels"),
    "colours": (encoded(two_halves()), "colours"),
    "bomb": (bomb(), "same value everywhere"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_disparity_map_that_cannot_be_used_is_refused_and_nothing_is_stored(client, store, settings, name):
    data, words = HOSTILE[name]
    assert assert_problem(send(client, data), 422, words)["type"] == "/problems/disparity"
    assert stored_files(settings) == []
    assert store.redis.keys("relief:*") == []


def test_a_disparity_map_is_sent_as_a_file_beside_the_photo(client):
    photo = {"photo": ("a.png", encoded(two_halves()))}
    assert_problem(client.post(f"{API}/jobs", files=photo, data={"disparity": "1 2 3"}), 422, "must be a file")
    bare = {"content": photo["photo"][1], "headers": {"Content-Type": "image/png"}}
    assert_problem(client.post(f"{API}/jobs?disparity=x", **bare), 422, "must be a file")


def test_an_empty_field_is_no_disparity_map(client):
    photo = encoded(two_halves())
    assert client.post(f"{API}/jobs", files={"photo": photo}, data={"disparity": ""}).json()["disparity"] is None
    head = b'--x\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n\r\n%b\r\n'
    sent = head % (b"photo", b"a.png", photo) + head % (b"disparity", b"", b"") + b"--x--\r\n"  # as a browser does
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    made = client.post(f"{API}/jobs", content=sent, headers=kind)
    assert (made.status_code, made.json()["disparity"]) == (202, None)


def test_photo_and_map_together_must_not_exceed_the_limit_of_a_request(settings, store):
    with client_of(settings.model_copy(update={"upload_mb": 1})) as client:
        noise = np.random.default_rng(1).random((400, 600), np.float32)  # 0.96 MB
        assert send(client, npy(noise)).status_code == 202
        assert_problem(send(client, npy(noise) + bytes(200_000)), 413, "1.1 MB")


def test_the_pixels_of_a_map_count_against_the_limit_of_a_user_until_they_are_deleted(settings, store):
    with client_of(settings.model_copy(update={"owner_megapixels": 0.015})) as client:
        job = send(client, npy(RAMP)).json()  # 9,600 pixels and 2,400
        assert_problem(send(client, npy(RAMP)), 429, "delete some")
        assert stored_files(settings) == ["disparity.npz", "photo.jpg"]
        deleted = client.delete(job["links"]["self"]).json()
        assert deleted["files"] == ["photo/disparity.npz", "photo/photo.jpg"]
        assert stored_files(settings) == []
        assert send(client, npy(RAMP)).status_code == 202


def test_a_canceled_job_loses_its_map_too(client, settings):
    client.post(send(client, npy(RAMP)).json()["links"]["cancel"])
    assert stored_files(settings) == []


def test_the_same_idempotency_key_with_another_map_is_refused(client, store, settings):
    client.headers["Idempotency-Key"] = "one"
    first = send(client, npy(RAMP)).json()
    assert send(client, npy(RAMP)).json()["id"] == first["id"]
    assert_problem(send(client, npy(-RAMP)), 422, "Idempotency-Key")
    assert_problem(client.post(f"{API}/jobs", files={"photo": encoded(two_halves(*SIZE_WH))}), 422, "Idempotency-Key")
    assert store.waiting(Stage.DEPTH) == 1
    assert stored_files(settings) == ["disparity.npz", "photo.jpg"]


def test_the_map_is_no_result_and_is_not_in_the_archive(client, store, storage):
    job = send(client, npy(RAMP), steps="depth").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    done = client.get(job["links"]["self"]).json()
    assert [file["name"] for file in done["results"]] == ["depth.png", "all.zip"]
    archive = zipfile.ZipFile(io.BytesIO(client.get(done["results"][-1]["url"]).content))
    assert archive.namelist() == ["photo.jpg", "depth.png"]
    assert client.get(f"{job['links']['self']}/results/disparity.npz").status_code == 404
