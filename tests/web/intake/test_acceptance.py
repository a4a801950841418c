"""Which photos become jobs, and what is left of those that do not."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

from shared.jobs.record import Stage
from shared.jobs.workers import ModelInfo, Offer, Workers
from tests.support.fronts import client_of
from tests.support.jobs import ALL, new_job
from tests.support.pictures import double, encoded, fraction, png, short, tiff, two_halves, with_exif, with_scans
from tests.support.requests import API, assert_problem, stored_files, upload


def test_an_accepted_photo_is_stored_and_its_job_is_queued(client, store, settings, portrait):
    response = upload(client, portrait)
    assert response.status_code == 202
    job = response.json()
    assert response.headers["Location"] == f"{API}/jobs/{job['id']}"
    assert response.headers["Retry-After"] == "1"
    assert (job["state"], job["stage"], job["progress"], job["queue_position"]) == ("queued", "depth", 0, 1)
    [stored] = settings.data.rglob("photo.jpg")
    nothing = {"focal_35mm": None, "focal_doubt": None, "damage": None}
    assert job["photo"] == {"width": 512, "height": 512, "bytes": stored.stat().st_size, **nothing}
    assert stored_files(settings) == ["photo.jpg"]
    assert store.waiting(Stage.DEPTH) == 1
    assert store.redis.llen("depth") == 1
    assert portrait[:64] not in store.redis.lindex("depth", 0)


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"this is text", 415, "not a JPEG or PNG"),
        (b"", 415, "not a JPEG or PNG"),
        (b"\xff\xd8\xff\xe0" + b"0" * 20_000_001, 413, "at most 20 MB"),
    ],
    ids=["text", "empty", "large"],
)
def test_a_bad_upload_is_refused_and_leaves_nothing(client, store, settings, data, status, words):
    assert_problem(upload(client, data, "face.jpg"), status, words)
    assert stored_files(settings) == []
    assert store.redis.keys("relief:*") == []


def test_an_upload_beyond_the_limit_of_a_request_is_refused(client):
    assert_problem(upload(client, b"0" * 21_000_000), 413, "")


def test_the_refusal_of_a_large_upload_names_the_limit(client, settings):
    answer = client.post(f"{API}/jobs", files={"photo": b"\xff" * (settings.upload_mb * 1_000_000 + 200_000)})
    assert assert_problem(answer, 413, "20.1 MB")["type"] == "/problems/photo-too-large"


def test_a_tiny_photo_is_refused_with_its_size_and_the_limit(client):
    output = io.BytesIO()
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(output, "PNG")
    assert_problem(upload(client, output.getvalue()), 422, "30 x 20 pixels")


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (png((70_000, 100), b"\0"), "each side may have 65500 at most"),
        (with_scans(encoded(two_halves(), "JPEG", progressive=True), 200), "more than 24 scans"),
    ],
    ids=["long", "scans"],
)
def test_a_photo_that_takes_too_long_to_decode_is_refused_with_the_limit(client, settings, photo, words):
    assert_problem(upload(client, photo), 422, words)
    assert stored_files(settings) == []


def test_a_photo_with_odd_metadata_is_accepted(client):
    lens = [(0x920A, 5, fraction(50, 1)), (0xA20E, 5, fraction(1000, 1)), (0xA210, 12, double(float("inf")))]
    odd = tiff([(0x0100, 5, fraction(600, 1)), (0x0112, 3, short(6))], lens)
    response = upload(client, with_exif(encoded(two_halves(), "JPEG"), odd))
    assert response.status_code == 202
    photo = response.json()["photo"]
    assert (photo["width"], photo["height"], photo["focal_35mm"]) == (80, 120, None)


def test_an_unavailable_depth_model_is_refused_with_those_available(client, store, portrait):
    model = ModelInfo("portrait", "face mesh", "mm", "MIT", True)
    absent = ModelInfo("midas", "midas", "relative", "MIT", False)
    Workers(store.redis).offer(Offer((model, absent), "portrait"))
    for name in ("midas", "nonsense"):
        assert_problem(upload(client, portrait, model=name), 422, "ready: portrait")
    assert upload(client, portrait, model="portrait").status_code == 202
    assert client.get(f"{API}/models").json()["default"] == "portrait"


def test_the_same_idempotency_key_and_body_make_one_job(client, stranger, store, settings, portrait):
    headers = {"Idempotency-Key": "a-1"}

    def send(who, data=portrait, **fields):
        return who.post(f"{API}/jobs", files={"photo": data}, data=fields, headers=headers)

    first = send(client).json()
    again = send(client)
    assert (again.status_code, again.json()["id"]) == (202, first["id"])
    assert_problem(send(client, steps="depth"), 422, "Idempotency-Key")
    assert_problem(send(client, portrait + b" "), 422, "Idempotency-Key")
    assert send(stranger).json()["id"] != first["id"]
    assert store.waiting(Stage.DEPTH) == 2
    assert stored_files(settings) == ["photo.jpg"] * 2
    assert 0 < store.redis.ttl(next(store.redis.scan_iter("relief:idempotency:*"))) <= 24 * 3600
    client.delete(first["links"]["self"])
    assert send(client).json()["id"] != first["id"]


def test_the_same_idempotency_key_sent_many_times_at_once_makes_one_job(client, store, portrait):
    client.get("/")
    ids: list[str] = []
    send = {"files": {"photo": portrait}, "headers": {"Idempotency-Key": "b"}}
    threads = [
        threading.Thread(target=lambda: ids.append(client.post(f"{API}/jobs", **send).json()["id"])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6 and len(set(ids)) == 1
    assert store.waiting(Stage.DEPTH) == 1


@pytest.mark.parametrize(
    ("limit", "status", "words"),
    [
        ({"owner_waiting": 2}, 429, "your jobs wait"),
        ({"owner_megapixels": 0.6}, 429, "delete some"),
        ({"all_waiting": 2}, 503, "too many jobs"),
    ],
)
def test_a_job_beyond_a_limit_is_refused_and_leaves_no_file(settings, store, portrait, limit, status, words):
    with client_of(settings.model_copy(update=limit)) as client:
        first = upload(client, portrait).json()
        assert upload(client, portrait).status_code == 202
        refused = upload(client, portrait)
        assert words.lower() in assert_problem(refused, status, "")["detail"].lower()
        assert refused.headers["Retry-After"] == "30"
        assert stored_files(settings) == ["photo.jpg"] * 2
        client.post(first["links"]["cancel"])
        assert upload(client, portrait).status_code == 202


def test_a_job_is_refused_when_the_storage_may_become_full(settings, store, storage, portrait):
    free_gb = storage.free_bytes() / 1e9
    with client_of(settings.model_copy(update={"free_gb": free_gb + 1})) as client:
        refused = upload(client, portrait)
        assert_problem(refused, 503, "storage has no room")
        assert refused.headers["Retry-After"] == "30"
        assert stored_files(settings) == []
    with client_of(settings.model_copy(update={"free_gb": free_gb - 1.2})) as client:  # what 40 waiting jobs would need
        assert upload(client, portrait).status_code == 202
        for _ in range(60):
            new_job(store, steps=ALL)
        assert_problem(upload(client, portrait), 503, "storage has no room")


def test_the_limit_of_one_user_does_not_affect_another(settings, store, portrait):
    with client_of(settings.model_copy(update={"owner_waiting": 1})) as client:
        for _ in range(3):
            client.cookies.clear()
            assert upload(client, portrait).status_code == 202


def test_deleted_photos_do_not_count_against_the_limit(settings, store, portrait):
    with client_of(settings.model_copy(update={"owner_megapixels": 0.3})) as client:
        for _ in range(3):
            job = upload(client, portrait)
            assert job.status_code == 202
            client.delete(job.json()["links"]["self"])
    assert not store.redis.hgetall("relief:pixels")
