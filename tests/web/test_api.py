"""The API on a real Valkey and real storage, without workers: what is accepted, refused, and how it is said."""

import io

import numpy as np
import pytest
from PIL import Image

from shared.jobs.claims import Finished
from shared.jobs.record import Stage, StoredFile
from shared.jobs.workers import ModelInfo, Offer, Workers
from tests.support.fronts import client_of
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
    assert job["photo"] == {"width": 512, "height": 512, "bytes": stored.stat().st_size, "focal_35mm": None}
    assert stored_files(settings) == ["photo.jpg"]
    assert store.waiting(Stage.DEPTH) == 1
    assert store.redis.llen("depth") == 1
    assert portrait[:64] not in store.redis.lindex("depth", 0)


def test_the_status_answers_304_until_something_changes(client, store, portrait):
    job = upload(client, portrait).json()
    first = client.get(job["links"]["self"])
    again = client.get(job["links"]["self"], headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    store.claims.claim(Stage.DEPTH, limit=1, lease_s=5, stage_limit_s=9)
    changed = client.get(job["links"]["self"], headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.json()["state"]) == (200, "running")


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


def test_a_tiny_photo_is_refused_with_its_size_and_the_limit(client):
    output = io.BytesIO()
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(output, "PNG")
    assert_problem(upload(client, output.getvalue()), 422, "30 x 20 pixels")


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (png((70_000, 100), b"\0"), "each side may have 65500 at most"),
        (with_scans(encoded(two_halves(), "JPEG", progressive=True), 200), "more than 100 scans"),
    ],
    ids=["long", "scans"],
)
def test_a_photo_that_would_cost_too_much_is_refused_with_the_limit(client, settings, photo, words):
    assert_problem(upload(client, photo), 422, words)
    assert stored_files(settings) == []


def test_a_photo_with_odd_metadata_is_taken(client):
    lens = [(0x920A, 5, fraction(50, 1)), (0xA20E, 5, fraction(1000, 1)), (0xA210, 12, double(float("inf")))]
    odd = tiff([(0x0100, 5, fraction(600, 1)), (0x0112, 3, short(6))], lens)
    response = upload(client, with_exif(encoded(two_halves(), "JPEG"), odd))
    assert response.status_code == 202
    photo = response.json()["photo"]
    assert (photo["width"], photo["height"], photo["focal_35mm"]) == (80, 120, None)


def test_the_settings_of_both_stages_are_kept_with_the_job(client, portrait):
    job = upload(client, portrait, pupil_distance_mm="58.5", point_budget="2000", focus="photo").json()
    assert job["settings"]["depth"]["pupil_distance_mm"] == 58.5
    assert job["settings"]["depth"]["focus"] == "photo"
    assert job["settings"]["model"]["point_budget"] == 2000


def test_a_request_without_a_photo_is_told_how_to_send_one(client):
    assert_problem(client.post(f"{API}/jobs", data={}), 422, 'field "photo"')


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"point_budget": "-1"}, "point_budget"),
        ({"steps": "model"}, "steps"),
        ({"fov_x_deg": "wide"}, "fov_x_deg"),
        ({"pupil_distance_mm": "49"}, "pupil_distance_mm"),
        ({"focus": "hair"}, "focus"),
        ({"colour": "photo"}, "Unknown settings: colour"),
    ],
)
def test_a_wrong_setting_is_named(client, store, portrait, fields, words):
    assert_problem(upload(client, portrait, **fields), 422, words)
    assert store.waiting(Stage.DEPTH) == 0


def test_a_model_that_no_worker_has_is_refused_with_those_there_are(client, store, portrait):
    model = ModelInfo("portrait", "face mesh", "mm", "MIT", True)
    absent = ModelInfo("midas", "midas", "relative", "MIT", False)
    Workers(store.redis).offer(Offer((model, absent), "portrait"))
    for name in ("midas", "nonsense"):
        assert_problem(upload(client, portrait, model=name), 422, "ready: portrait")
    assert upload(client, portrait, model="portrait").status_code == 202
    assert client.get(f"{API}/models").json()["default"] == "portrait"


@pytest.mark.parametrize("job_id", ["feed" * 8, "..", "%2e%2e", "a" * 5000, "A" * 32])
def test_an_unknown_job_is_not_found(client, job_id):
    for method, path in (
        ("get", ""),
        ("delete", ""),
        ("post", "/cancel"),
        ("post", "/model"),
        ("get", "/results/depth.png"),
    ):
        assert getattr(client, method)(f"{API}/jobs/{job_id}{path}").status_code == 404


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


def test_a_canceled_job_loses_its_files(client, settings, portrait):
    job = upload(client, portrait).json()
    assert client.post(job["links"]["cancel"]).json()["state"] == "canceled"
    assert stored_files(settings) == []
    assert client.get(job["links"]["self"]).json()["state"] == "canceled"


def test_a_deleted_job_is_gone_with_its_files(client, settings, portrait):
    job = upload(client, portrait).json()
    answer = client.delete(job["links"]["self"])
    assert answer.json() == {"deleted": job["id"], "files": ["photo/photo.jpg"]}
    assert stored_files(settings) == []
    assert client.get(job["links"]["self"]).status_code == 404


def test_a_model_needs_a_depth_map_and_then_queues_the_model_stage_alone(client, store, storage, portrait):
    job = upload(client, portrait, steps="depth").json()
    url = f"{job['links']['self']}/model"
    assert_problem(client.post(url, json={"point_budget": 5000}), 409, "no depth map yet")
    [claim] = store.claims.claim(Stage.DEPTH, limit=1, lease_s=5, stage_limit_s=9)
    assert_problem(client.post(url, json={}), 409, "no depth map yet")
    size = storage.write(job["id"], claim.folder, "depth.png", b"\x89PNG")
    store.claims.finish(
        claim, Finished([StoredFile(name="depth.png", folder=claim.folder, bytes=size, stage=Stage.DEPTH)], {})
    )
    assert_problem(client.post(url, json={"point_budget": 1}), 422, "point_budget")
    assert_problem(client.post(url, json={"nonsense": 1}), 422, "nonsense")
    assert_problem(client.post(url, content="[]", headers={"Content-Type": "application/json"}), 422, "JSON object")
    answer = client.post(url, json={"point_budget": 5000})
    assert (answer.status_code, answer.json()["state"], answer.json()["stage"]) == (202, "queued", "model")
    assert answer.json()["settings"]["model"]["point_budget"] == 5000
    assert store.waiting(Stage.DEPTH) == 0
    assert store.waiting(Stage.MODEL) == 1


def test_the_options_tell_type_range_default_and_help(client):
    budget = client.get(f"{API}/options").json()["model"]["properties"]["point_budget"]
    assert (budget["type"], budget["minimum"], budget["maximum"], budget["default"]) == (
        "integer",
        1000,
        500000,
        100000,
    )
    assert budget["description"]


def test_an_unknown_page_or_method_is_a_problem_too(client):
    assert_problem(client.get("/nowhere"), 404, "")
    response = client.put(f"{API}/jobs")
    assert_problem(response, 405, "")
    assert "POST" in response.headers["Allow"]


def test_without_redis_the_answer_is_503_and_says_when_to_come_back(settings, portrait):
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    with client_of(away) as client:
        response = upload(client, portrait)
        assert_problem(response, 503, "try again")
        assert response.headers["Retry-After"] == "5"
        assert client.get("/healthz").status_code == 200


def test_readiness_counts_the_workers(client, store):
    assert client.get("/readyz").status_code == 503
    for stage in Stage:
        Workers(store.redis).announce(stage, "host:1")
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"workers": {"depth": 1, "model": 1, "export": 1}})


def test_a_storage_that_takes_nothing_is_told_as_503_and_no_job_is_made(store, settings, portrait):
    settings.data.parent.mkdir(parents=True, exist_ok=True)
    settings.data.write_text("a file where the folder should be")
    with client_of(settings) as client:
        response = upload(client, portrait)
        assert_problem(response, 503, "storage")
        assert response.headers["Retry-After"] == "5"
    assert store.waiting(Stage.DEPTH) == 0
