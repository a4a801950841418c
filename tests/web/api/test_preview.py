"""The rough point cloud, as clients see it while the point cloud is made."""

import gzip
import io
import json
import zipfile

import httpx

from shared.jobs.claims import Claim, Finished
from shared.jobs.record import Stage, StoredFile
from shared.results import ROUGH
from shared.storage.base import Storage
from tests.support.jobs import Store, claim, crash
from tests.support.requests import API, assert_problem, events_of, finish_stage, later, upload

ROUGH_BYTES = gzip.compress(b"a rough cloud")


def show(store: Store, storage: Storage, lease_s: float = 9) -> Claim:
    """Begin the depth stage of the next job, and show its rough cloud."""
    [held] = claim(store, lease_s=lease_s)
    show_of(store, storage, held)
    return held


def show_of(store: Store, storage: Storage, held: Claim) -> None:
    size = storage.write(held.job.id, held.rough_folder, ROUGH, ROUGH_BYTES)
    file = StoredFile(name=ROUGH, folder=held.rough_folder, bytes=size, stage=Stage.DEPTH)
    store.claims.show_rough(held, file)


def finish_depth(store: Store, storage: Storage, held: Claim) -> None:
    size = storage.write(held.job.id, held.folder, "depth.npz", b"depth")
    file = StoredFile(name="depth.npz", folder=held.folder, bytes=size, stage=Stage.DEPTH)
    store.claims.finish(held, Finished([file], {}))


def rough_of(document: dict) -> dict | None:
    """The row of the rough cloud among a job's results, which says where to fetch it."""
    return next((file for file in document["results"] if file["name"] == ROUGH), None)


def poll(client: httpx.Client, document: dict) -> dict:
    return client.get(document["links"]["self"]).json()


def test_a_document_has_the_rough_cloud_until_the_point_cloud_is_there(client, store, storage, portrait):
    job = upload(client, portrait).json()
    assert (job["preview"], rough_of(job)) == (False, None)
    held = show(store, storage)
    early = poll(client, job)
    assert early["preview"]
    assert [file["name"] for file in early["results"]] == [ROUGH]
    answer = client.get(rough_of(early)["url"])
    assert (answer.content, answer.headers["Content-Encoding"]) == (b"a rough cloud", "gzip")
    finish_depth(store, storage, held)
    with_depth = poll(client, job)
    assert with_depth["preview"] and rough_of(with_depth)["hidden"]
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf", "cloud.ply")
    done = poll(client, job)
    assert (done["preview"], rough_of(done)) == (False, None)
    assert_problem(client.get(rough_of(early)["url"]), 404, "has no file 'rough.rlf'")


def test_it_is_not_in_the_archive_and_has_no_link_for_other_programs(client, store, storage, portrait):
    job = upload(client, portrait).json()
    finish_depth(store, storage, show(store, storage))
    with zipfile.ZipFile(io.BytesIO(client.get(f"{job['links']['self']}/results/all.zip").content)) as archive:
        assert set(archive.namelist()) == {"photo.jpg", "depth.npz"}
    assert_problem(client.get(f"{job['links']['self']}/results/{ROUGH}/link"), 404, "no file")


def test_events_and_long_polls_tell_it_at_once(client, store, storage, portrait):
    job = upload(client, portrait).json()
    [held] = claim(store, lease_s=9)
    tag = client.get(job["links"]["self"]).headers["ETag"]
    timer = later(0.3, lambda: show_of(store, storage, held))
    told = client.get(f"{job['links']['self']}?wait=10", headers={"If-None-Match": tag}).json()
    timer.join()
    assert told["preview"]
    with client.stream("GET", job["links"]["events"]) as response:
        first = next(event for event in events_of(response) if event.get("event") == "job")
    assert json.loads(first["data"])["preview"]


def test_a_job_that_is_canceled_fails_or_is_taken_back_shows_it_no_more(client, store, storage, portrait):
    job = upload(client, portrait).json()
    show(store, storage)
    url = rough_of(poll(client, job))["url"]
    canceled = client.post(job["links"]["cancel"]).json()
    assert (canceled["preview"], canceled["results"]) == (False, [])
    assert client.get(url).status_code == 404
    again = upload(client, portrait).json()
    show(store, storage, lease_s=0.01)
    crash(store)
    assert not poll(client, again)["preview"]


def test_with_another_face_it_stands_beside_the_results_of_the_first(client, store, storage, portrait):
    job = upload(client, portrait, steps="depth,model").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.npz")
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf")
    client.post(poll(client, job)["links"]["depth"], json={"face": "100,100", "steps": "depth,model"})
    finish_depth(store, storage, show(store, storage))
    now = poll(client, job)
    assert now["preview"] and rough_of(now)
    assert [file["name"] for file in now["results"] if file["hidden"]] == [ROUGH]
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf")
    done = poll(client, job)
    assert (done["state"], done["preview"]) == ("succeeded", False)


def test_options_and_description_say_that_it_passes(client):
    rows = {file["name"]: file for file in client.get(f"{API}/options").json()["results"]}
    assert [name for name, row in rows.items() if row["temporary"]] == [ROUGH]
    schema = client.get("/openapi.json").json()["components"]["schemas"]["JobDocument"]
    assert schema["properties"]["preview"]["type"] == "boolean"
    assert "preview" in schema["required"] and "rough.rlf" in schema["description"]
