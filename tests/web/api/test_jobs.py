"""Jobs: list, cancel, retry, delete, extend, and build another 3D model."""

import time

import pytest

from shared.jobs.claims import Finished
from shared.jobs.record import Problem, Stage, StoredFile
from shared.jobs.wakeups import WakeUps, celery_app
from shared.jobs.workers import ModelInfo, Offer, Workers
from tests.support.fronts import client_of
from tests.support.jobs import claim
from tests.support.requests import API, assert_problem, finish_stage, stored_files, upload
from worker.sweeper import Sweeper


def test_a_users_jobs_are_listed_newest_first_in_pages(client, stranger, portrait):
    made = [upload(client, portrait).json()["id"] for _ in range(5)]
    upload(stranger, portrait)
    seen, url, pages = [], f"{API}/jobs?limit=2", 0
    while url:
        page = client.get(url).json()
        seen += [job["id"] for job in page["jobs"]]
        url, pages = page["next"], pages + 1
    assert (seen, pages) == (made[::-1], 3)
    client.delete(f"{API}/jobs/{made[2]}")
    assert [job["id"] for job in client.get(f"{API}/jobs").json()["jobs"]] == [*made[:2], *made[3:]][::-1]


def test_a_job_sent_between_two_pages_does_not_shift_the_second(client, portrait):
    made = [upload(client, portrait).json()["id"] for _ in range(3)]
    first = client.get(f"{API}/jobs?limit=2").json()
    upload(client, portrait)
    assert [job["id"] for job in client.get(first["next"]).json()["jobs"]] == [made[0]]


def test_a_visitor_without_jobs_gets_an_empty_list_and_a_wrong_query_is_named(client):
    assert client.get(f"{API}/jobs").json() == {"jobs": [], "next": None}
    for query in ("limit=0", "limit=101", "cursor=x", "limits=5"):
        assert_problem(client.get(f"{API}/jobs?{query}"), 422, query.partition("=")[0])


def test_a_failed_job_is_tried_again_from_the_stage_that_failed(client, store, storage, portrait):
    job = upload(client, portrait, steps="depth,model").json()
    assert_problem(client.post(f"{job['links']['self']}/retry"), 409, "queued")
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    store.claims.fail(claim(store, Stage.MODEL)[0], Problem(type="internal", title="x", detail="x"))
    failed = client.get(job["links"]["self"]).json()
    again = client.post(failed["links"]["retry"])
    assert (again.status_code, again.json()["state"], again.json()["stage"]) == (202, "queued", "model")
    assert "retry" not in again.json()["links"]
    finish_stage(store, storage, Stage.MODEL, "cloud.ply")
    assert client.get(job["links"]["self"]).json()["state"] == "succeeded"


@pytest.mark.parametrize("running", [False, True])
def test_canceling_a_model_run_keeps_the_depth_map(client, store, storage, settings, portrait, running):
    job = upload(client, portrait, steps="depth,model").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    if running:
        claim(store, Stage.MODEL)[0]
    kept = client.post(job["links"]["cancel"]).json()
    assert (kept["state"], kept["stage"], kept["progress"]) == ("succeeded", "depth", 1)
    assert [file["name"] for file in kept["results"]] == ["depth.png", "all.zip"]
    assert stored_files(settings) == ["depth.png", "photo.jpg"]
    assert store.waiting(Stage.MODEL) == 0
    assert_problem(client.post(job["links"]["cancel"]), 409, "succeeded")
    assert client.post(kept["links"]["model"], json={}).status_code == 202


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


def test_a_canceled_job_loses_its_files(client, settings, portrait):
    job = upload(client, portrait).json()
    assert client.post(job["links"]["cancel"]).json()["state"] == "canceled"
    assert stored_files(settings) == []
    assert client.get(job["links"]["self"]).json()["state"] == "canceled"


def test_a_deleted_job_is_gone_with_its_files(client, settings, portrait):
    job = upload(client, portrait).json()
    answer = client.delete(job["links"]["self"])
    assert answer.json() == {"deleted": job["id"], "files": ["photo/photo.jpg"], "left": []}
    assert answer.status_code == 200
    assert stored_files(settings) == []
    assert client.get(job["links"]["self"]).status_code == 404


def test_a_3d_model_needs_a_depth_map_and_queues_the_model_stage_only(client, store, storage, portrait):
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


def test_the_depth_stage_runs_again_with_other_settings_and_keeps_those_left_out(client, store, storage, portrait):
    job = upload(client, portrait, steps="depth", pupil_distance_mm="58", fov_x_deg="50").json()
    url = f"{job['links']['self']}/depth"
    assert_problem(client.post(url), 409, "queued")
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    done = client.get(job["links"]["self"]).json()
    assert done["links"]["depth"] == url
    again = client.post(url, json={"face": "511.5,0", "fov_x_deg": None, "steps": "depth,model"})
    assert (again.status_code, again.json()["state"], again.json()["stage"]) == (202, "queued", "depth")
    assert again.json()["steps"] == ["depth", "model"]
    expected = job["settings"]["depth"] | {"fov_x_deg": None, "face": "511.5,0"}
    assert again.json()["settings"]["depth"] == expected and expected["pupil_distance_mm"] == 58
    assert again.json()["results"][0]["url"] == done["results"][0]["url"]  # until there is another
    assert "depth" not in again.json()["links"]
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    after = client.get(job["links"]["self"]).json()
    assert (after["stage"], after["settings"]["depth"]["pupil_distance_mm"]) == ("model", 58)
    assert after["results"][0]["url"] != done["results"][0]["url"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"focus": "hair"}, "focus"),
        ({"steps": "model"}, "steps"),
        ({"face": "left"}, "face"),
        ({"face": "512,100"}, "outside of the photo, which has 512 x 512 pixels"),
        ({"point_budget": 5000}, "point_budget"),
    ],
)
def test_a_depth_stage_with_wrong_settings_does_not_run_again(client, store, job, sent, words):
    assert_problem(client.post(job["links"]["depth"], json=sent), 422, words)
    assert store.jobs.get(job["id"]).state == "succeeded"


def test_a_depth_stage_does_not_run_again_with_a_depth_model_that_is_not_ready(client, store, job):
    Workers(store.redis).offer(Offer((ModelInfo("portrait", "face mesh", "mm", "MIT", True),), "portrait"))
    assert_problem(client.post(job["links"]["depth"], json={"model": "midas"}), 422, "ready: portrait")
    assert client.post(job["links"]["depth"], json={"model": "portrait"}).status_code == 202


def test_only_its_owner_runs_the_depth_of_a_job_again(client, stranger, job):
    client.post(job["links"]["share"])
    token = client.get(job["links"]["self"]).json()["share_url"].rpartition("/")[2]
    shown = stranger.get(f"{API}/jobs/{token}").json()
    assert "depth" not in shown["links"]
    for one in (job["id"], token):
        assert_problem(stranger.post(f"{API}/jobs/{one}/depth"), 404, "no job")


JSON = {"Content-Type": "application/json"}


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
def test_settings_that_cannot_be_read_queue_nothing(client, store, job, sent, status, words):
    assert_problem(client.post(job["links"]["model"], **sent), status, words)
    assert store.jobs.get(job["id"]).state == "succeeded"
    assert client.post(job["links"]["model"]).status_code == 202  # none at all means the defaults


def test_a_3d_model_beyond_the_limit_is_refused_and_the_job_stays_as_it_was(settings, store, storage, portrait):
    with client_of(settings.model_copy(update={"owner_waiting": 1})) as client:
        done = upload(client, portrait, steps="depth").json()
        finish_stage(store, storage, Stage.DEPTH, "depth.npz")
        waiting = upload(client, portrait).json()
        build = client.get(done["links"]["self"]).json()["links"]["model"]
        refused = client.post(build, json={})
        assert_problem(refused, 429, "your jobs wait")
        assert refused.headers["Retry-After"] == "30"
        assert client.get(done["links"]["self"]).json()["state"] == "succeeded"
        client.post(waiting["links"]["cancel"])
        assert client.post(build, json={}).status_code == 202


def sweeper(store, storage, redis_url) -> Sweeper:
    return Sweeper(store.redis, storage, WakeUps(celery_app(redis_url)), attempts=3, worker="host:1")


def test_expired_results_are_deleted_with_their_files(settings, store, storage, redis_url, portrait):
    with client_of(settings.model_copy(update={"retention_h": 0.3 / 3600})) as client:
        done, waiting = (upload(client, portrait, steps="depth").json() for _ in range(2))
        finish_stage(store, storage, Stage.DEPTH, "depth.png")
        finished = client.get(done["links"]["self"]).json()
        assert finished["finished_at"] < finished["expires_at"]
        assert client.get(waiting["links"]["self"]).json()["expires_at"] is None
        time.sleep(0.4)
        assert sweeper(store, storage, redis_url).delete_expired() == [done["id"]]
        assert client.get(done["links"]["self"]).status_code == 404
        assert storage.folders(done["id"]) == []
        assert client.get(waiting["links"]["self"]).json()["state"] == "queued"
        assert sweeper(store, storage, redis_url).delete_expired() == []


def test_a_job_says_in_how_many_seconds_it_is_deleted_by_the_servers_clock(client, store, storage, job):
    url = job["links"]["self"]
    assert 24 * 3600 - 60 < job["expires_in_s"] <= 24 * 3600
    store.redis.hincrby(f"relief:job:{job['id']}", "expires_ms", -23 * 3600 * 1000)
    store.redis.hincrby(f"relief:job:{job['id']}", "version", 1)
    first = client.get(url)
    assert 3600 - 60 < first.json()["expires_in_s"] <= 3600
    time.sleep(0.2)  # longer than a tenth of a second, which it is rounded to
    later = client.get(url)
    assert later.json()["expires_in_s"] < first.json()["expires_in_s"]
    for page in (url, f"{API}/jobs"):  # it alone is no change
        assert client.get(page, headers={"If-None-Match": client.get(page).headers["ETag"]}).status_code == 304
    assert later.headers["ETag"] == first.headers["ETag"]
    assert upload(client, (storage.read(job["id"], "photo", "photo.jpg"))).json()["expires_in_s"] is None


def test_the_expiry_of_a_failed_job_can_be_extended(client, store, storage, redis_url, portrait):
    job = upload(client, portrait).json()
    [claim] = store.claims.claim(Stage.DEPTH, limit=1, lease_s=5, stage_limit_s=9)
    store.claims.fail(claim, Problem(type="no-face", title="x", detail="x"))
    before = client.get(job["links"]["self"]).json()
    time.sleep(0.01)
    after = client.post(before["links"]["extend"]).json()
    assert after["expires_at"] > before["expires_at"]
    assert sweeper(store, storage, redis_url).delete_expired() == []
