"""Listing, trying again, canceling, repeating and waiting: what a client may do with its jobs."""

import threading
import time

import pytest

from shared.jobs.record import Problem, Stage
from tests.support.fronts import client_of
from tests.support.requests import API, assert_problem, finish_stage, stored_files, upload


def claim(store, stage=Stage.DEPTH):
    [held] = store.claims.claim(stage, limit=1, lease_s=5, stage_limit_s=9)
    return held


def later(seconds: float, act) -> threading.Thread:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def test_ones_own_jobs_are_listed_newest_first_by_pages(client, stranger, portrait):
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


def test_a_job_that_comes_while_one_pages_moves_nothing(client, portrait):
    made = [upload(client, portrait).json()["id"] for _ in range(3)]
    first = client.get(f"{API}/jobs?limit=2").json()
    upload(client, portrait)
    assert [job["id"] for job in client.get(first["next"]).json()["jobs"]] == [made[0]]


def test_a_visitor_without_jobs_has_an_empty_list_and_a_wrong_page_is_named(client):
    assert client.get(f"{API}/jobs").json() == {"jobs": [], "next": None}
    for query in ("limit=0", "limit=101", "cursor=x", "limits=5"):
        assert_problem(client.get(f"{API}/jobs?{query}"), 422, query.partition("=")[0])


def test_a_failed_job_is_tried_again_from_the_stage_that_failed(client, store, storage, portrait):
    job = upload(client, portrait, steps="depth,model").json()
    assert_problem(client.post(f"{job['links']['self']}/retry"), 409, "queued")
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    store.claims.fail(claim(store, Stage.MODEL), Problem(type="internal", title="x", detail="x"))
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
        claim(store, Stage.MODEL)
    kept = client.post(job["links"]["cancel"]).json()
    assert (kept["state"], kept["stage"], kept["progress"]) == ("succeeded", "depth", 1)
    assert [file["name"] for file in kept["results"]] == ["depth.png", "all.zip"]
    assert stored_files(settings) == ["depth.png", "photo.jpg"]
    assert store.waiting(Stage.MODEL) == 0
    assert_problem(client.post(job["links"]["cancel"]), 409, "succeeded")
    assert client.post(kept["links"]["model"], json={}).status_code == 202


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


def test_an_idempotent_request_sent_many_times_at_once_makes_one_job(client, store, portrait):
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


def test_a_bare_image_takes_its_options_from_the_query(client, portrait):
    url = f"{API}/jobs?steps=depth,model&point_budget=5000"
    made = client.post(url, content=portrait, headers={"Content-Type": "image/png"})
    assert made.status_code == 202
    assert made.json()["settings"]["model"]["point_budget"] == 5000
    assert made.json()["steps"] == ["depth", "model"]
    assert_problem(client.post(f"{API}/jobs", content=b"GIF89a", headers={"Content-Type": "image/png"}), 415, "JPEG")
    assert_problem(client.post(f"{API}/jobs", content=b"x", headers={"Content-Type": "image/webp"}), 415, "image/webp")
    assert_problem(client.post(f"{API}/jobs", json={}), 415, "application/json")
    assert_problem(
        client.post(f"{API}/jobs?color=red", content=portrait, headers={"Content-Type": "image/png"}), 422, "color"
    )


@pytest.mark.parametrize(("query", "headers"), [("", {"Prefer": "respond-async, wait=10"}), ("?wait=10", {})])
def test_a_patient_upload_is_answered_with_the_finished_job(client, store, storage, portrait, query, headers):
    timer = later(0.5, lambda: finish_stage(store, storage, Stage.DEPTH, "depth.png"))
    began = time.monotonic()
    made = client.post(f"{API}/jobs{query}", files={"photo": portrait}, data={"steps": "depth"}, headers=headers)
    timer.join()
    assert (made.status_code, made.json()["state"]) == (200, "succeeded")
    assert time.monotonic() - began < 5


def test_an_upload_whose_patience_ends_is_answered_with_202(client, portrait):
    began = time.monotonic()
    made = client.post(f"{API}/jobs", files={"photo": portrait}, headers={"Prefer": "wait=1"})
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    assert 1 <= time.monotonic() - began < 4
    for wrong in ("-1", "61", "1.5", "x"):
        assert_problem(client.post(f"{API}/jobs?wait={wrong}", files={"photo": portrait}), 422, "wait")


def test_a_long_poll_is_answered_when_the_job_changes(client, store, portrait):
    job = upload(client, portrait).json()
    url = f"{job['links']['self']}?wait=10"
    changes = ((lambda: claim(store), "running"), (lambda: store.jobs.cancel(job["id"]), "canceled"))
    for change, state in changes:
        for_tag = client.get(job["links"]["self"]).headers["ETag"] if state == "canceled" else None
        began = time.monotonic()
        timer = later(0.3, change)
        changed = client.get(url, headers={"If-None-Match": for_tag} if for_tag else {})
        timer.join()
        assert (changed.status_code, changed.json()["state"]) == (200, state)
        assert 0.25 < time.monotonic() - began < 1.5
    ended = client.get(url, headers={"If-None-Match": changed.headers["ETag"]})
    assert ended.status_code == 304


def test_a_long_poll_that_hears_nothing_says_so(client, portrait):
    job = upload(client, portrait).json()
    tag = client.get(job["links"]["self"]).headers["ETag"]
    began = time.monotonic()
    assert client.get(f"{job['links']['self']}?wait=1", headers={"If-None-Match": tag}).status_code == 304
    assert 1 <= time.monotonic() - began < 3


def events_of(response):
    """The events of a stream, each as a dict of its fields; comments are left out."""
    event: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if name:
            event[name] = value
        elif event:
            yield event
            event = {}


def test_events_tell_every_change_to_the_end(client, store, storage, portrait):
    job = upload(client, portrait, steps="depth").json()
    timer = later(0.5, lambda: finish_stage(store, storage, Stage.DEPTH, "depth.png"))
    with client.stream("GET", job["links"]["events"]) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        seen = [event for event in events_of(response) if event.get("event") == "job"]
    timer.join()
    assert '"state":"queued"' in seen[0]["data"]
    assert '"state":"succeeded"' in seen[-1]["data"]
    last = seen[-1]["id"]
    assert client.get(job["links"]["events"], headers={"Last-Event-ID": last}).status_code == 204
    replayed = client.get(job["links"]["events"], headers={"Last-Event-ID": seen[0]["id"]})
    assert '"state":"succeeded"' in replayed.text


def test_events_end_when_the_job_is_deleted(client, portrait):
    job = upload(client, portrait).json()
    timer = later(0.5, lambda: client.delete(job["links"]["self"]))
    with client.stream("GET", job["links"]["events"]) as response:
        assert list(events_of(response))[-1]["event"] == "gone"
    timer.join()


def test_listeners_are_bounded_and_give_their_place_back(settings, store, portrait):
    with client_of(settings.model_copy(update={"listeners": 1})) as client:
        job = upload(client, portrait).json()
        with client.stream("GET", job["links"]["events"]) as response:
            listening = events_of(response)
            next(listening)
            refused = client.get(job["links"]["events"])
            assert_problem(refused, 503, "poll")
            assert refused.headers["Retry-After"] == "5"
            began = time.monotonic()
            assert client.get(f"{job['links']['self']}?wait=5").status_code == 200
            assert time.monotonic() - began < 2  # no thread is left to wait with: answered at once
        store.jobs.cancel(job["id"])  # the server notices that the listener left when it next writes
        time.sleep(0.5)
        assert client.get(job["links"]["events"]).status_code == 200


def test_a_webhook_is_checked_and_kept_out_of_the_document(client, store, portrait):
    hook = {"webhook": "https://example.com/hook", "webhook_secret": "sixteen letters!", "steps": "depth"}
    assert_problem(upload(client, portrait, webhook=hook["webhook"]), 422, "webhook_secret")
    assert_problem(upload(client, portrait, **hook | {"webhook": "http://127.0.0.1/"}), 422, "not public")
    assert_problem(upload(client, portrait, **hook, webhook_events="started"), 422, "webhook_events")
    made = upload(client, portrait, **hook, webhook_events="failed")
    assert made.status_code == 202 and "sixteen" not in made.text
    store.claims.fail(claim(store), Problem(type="no-face", title="x", detail="x"))
    assert store.redis.zcard("relief:news") == 1


@pytest.mark.parametrize("kind", ["form", "image"])
def test_a_webhooks_secret_may_come_in_a_header_and_never_in_the_query(client, store, portrait, kind):
    photo = {"form": {"files": {"photo": ("a.jpg", portrait)}}, "image": {"content": portrait}}[kind]
    headers = {"Content-Type": "image/png"} if kind == "image" else {}
    hook = {"webhook": "https://example.com/hook", "steps": "depth"}

    def ask(secret, **query):
        given = headers | ({"Relief-Webhook-Secret": secret} if secret else {})
        return client.post(f"{API}/jobs", params=hook | query, headers=given, **photo)

    assert_problem(ask(None), 422, "Relief-Webhook-Secret")
    assert_problem(ask(None, webhook_secret="sixteen letters!"), 422, "header Relief-Webhook-Secret")
    assert_problem(ask("sixteen letters!", webhook_secret=""), 422, "must not be in the query")
    assert_problem(ask("too short"), 422, "webhook_secret")
    assert_problem(ask("s\u00e4chzehn Zeichen".encode()), 422, "ASCII")
    assert ask("sixteen letters!").status_code == 202
    store.claims.fail(claim(store), Problem(type="no-face", title="x", detail="x"))
    [number] = store.redis.keys("relief:news:*")
    assert store.redis.hget(number, "secret") == b"sixteen letters!"


def test_the_header_goes_before_a_secret_in_the_form(client, store, portrait):
    fields = {"webhook": "https://example.com/hook", "webhook_secret": "f" * 16, "steps": "depth"}
    made = client.post(
        f"{API}/jobs",
        files={"photo": ("a.jpg", portrait)},
        data=fields,
        headers={"Relief-Webhook-Secret": "h" * 16},
    )
    assert made.status_code == 202
    store.claims.fail(claim(store), Problem(type="no-face", title="x", detail="x"))
    [number] = store.redis.keys("relief:news:*")
    assert store.redis.hget(number, "secret") == b"h" * 16
