"""How much one may have and ask, and for how long it is kept."""

import time

import pytest

from shared.jobs.record import Problem, Stage
from shared.jobs.wakeups import WakeUps, celery_app
from tests.support.fronts import client_of
from tests.support.jobs import new_job
from tests.support.requests import API, assert_problem, finish_stage, stored_files, upload
from web.keys import Keys
from worker.sweeper import Sweeper


def sweeper(store, storage, redis_url) -> Sweeper:
    return Sweeper(store.redis, storage, WakeUps(celery_app(redis_url)), attempts=3, worker="host:1")


@pytest.mark.parametrize(
    ("limit", "status", "words"),
    [
        ({"owner_waiting": 2}, 429, "your jobs wait"),
        ({"owner_megapixels": 0.6}, 429, "delete some"),
        ({"all_waiting": 2}, 503, "too many jobs"),
    ],
)
def test_a_job_too_many_is_refused_and_leaves_nothing(settings, store, portrait, limit, status, words):
    with client_of(settings.model_copy(update=limit)) as client:
        first = upload(client, portrait).json()
        assert upload(client, portrait).status_code == 202
        refused = upload(client, portrait)
        assert words.lower() in assert_problem(refused, status, "")["detail"].lower()
        assert refused.headers["Retry-After"] == "30"
        assert stored_files(settings) == ["photo.jpg"] * 2
        client.post(first["links"]["cancel"])
        assert upload(client, portrait).status_code == 202


def test_a_second_model_too_many_is_refused_and_the_first_stays(settings, store, storage, portrait):
    with client_of(settings.model_copy(update={"owner_waiting": 1})) as client:
        done = upload(client, portrait, steps="depth").json()
        finish_stage(store, storage, Stage.DEPTH, "depth.npz")
        waiting = upload(client, portrait).json()
        address = client.get(done["links"]["self"]).json()["links"]["model"]
        refused = client.post(address, json={})
        assert_problem(refused, 429, "your jobs wait")
        assert refused.headers["Retry-After"] == "30"
        assert client.get(done["links"]["self"]).json()["state"] == "succeeded"
        client.post(waiting["links"]["cancel"])
        assert client.post(address, json={}).status_code == 202


def test_no_job_is_taken_that_the_storage_may_not_hold(settings, store, storage, portrait):
    free_gb = storage.free_bytes() / 1e9
    with client_of(settings.model_copy(update={"free_gb": free_gb + 1})) as client:
        refused = upload(client, portrait)
        assert_problem(refused, 503, "storage has no room")
        assert refused.headers["Retry-After"] == "30"
        assert stored_files(settings) == []
    with client_of(settings.model_copy(update={"free_gb": free_gb - 1.2})) as client:  # what 60 waiting jobs would need
        assert upload(client, portrait).status_code == 202
        for _ in range(100):
            new_job(store)
        assert_problem(upload(client, portrait), 503, "storage has no room")


def test_one_users_limit_is_not_anothers(settings, store, portrait):
    with client_of(settings.model_copy(update={"owner_waiting": 1})) as client:
        for _ in range(3):
            client.cookies.clear()
            assert upload(client, portrait).status_code == 202


def test_it_helps_nobody_to_come_as_many_visitors(settings, store, portrait):
    limits = {"owner_waiting": 1, "all_waiting": 6, "address_factor": 3, "rate": "10/minute", "upload_rate": "2/minute"}
    with client_of(settings.model_copy(update=limits)) as client:

        def as_a_new_visitor(ask):
            client.cookies.clear()
            client.get("/")
            return ask()

        refused = [as_a_new_visitor(lambda: upload(client, portrait)) for _ in range(4)][-1]
        assert_problem(refused, 429, "from your address")
        key = {"Authorization": f"Bearer {Keys(store.redis).create('lab')}"}
        assert client.post(f"{API}/jobs", files={"photo": portrait}, headers=key).status_code == 202
        for job in store.redis.zrange("relief:jobs", 0, -1):
            store.jobs.cancel(job.decode())
        codes = [as_a_new_visitor(lambda: upload(client, portrait)).status_code for _ in range(3)]
        assert codes == [202, 202, 429]  # six uploads a minute for the address
        codes = [as_a_new_visitor(lambda: client.get(f"{API}/jobs")).status_code for _ in range(24)]
        assert codes == [200] * 23 + [429]  # thirty requests of any kind, seven of which were uploads


def test_deleted_photos_do_not_count(settings, store, portrait):
    with client_of(settings.model_copy(update={"owner_megapixels": 0.3})) as client:
        for _ in range(3):
            job = upload(client, portrait)
            assert job.status_code == 202
            client.delete(job.json()["links"]["self"])
    assert not store.redis.hgetall("relief:pixels")


def test_too_many_requests_are_told_when_to_come_back(settings, store, portrait):
    with client_of(settings.model_copy(update={"rate": "8/minute", "upload_rate": "2/minute"})) as client:
        client.get("/")
        assert [upload(client, portrait).status_code for _ in range(3)] == [202, 202, 429]
        answers = [client.get(f"{API}/jobs") for _ in range(12)]
        assert answers[0].status_code == 200
        assert_problem(answers[-1], 429, "")
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 61
        assert client.get("/healthz").status_code == 200


def test_results_expire_and_go_with_their_files(settings, store, storage, redis_url, portrait):
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


def test_a_failed_job_can_be_kept_longer(client, store, storage, redis_url, portrait):
    job = upload(client, portrait).json()
    [claim] = store.claims.claim(Stage.DEPTH, limit=1, lease_s=5, stage_limit_s=9)
    store.claims.fail(claim, Problem(type="no-face", title="x", detail="x"))
    before = client.get(job["links"]["self"]).json()
    time.sleep(0.01)
    after = client.post(before["links"]["extend"]).json()
    assert after["expires_at"] > before["expires_at"]
    assert sweeper(store, storage, redis_url).delete_expired() == []
