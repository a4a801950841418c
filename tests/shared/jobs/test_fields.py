"""Records of the release before are read, and go on: schema-1.json holds all keys of a Redis that release 0.1.0 wrote.

Its jobs, by the digit that their ids consist of: 1 succeeded and is shared, and its webhook is being called; 2 waits
for a second 3D model; 3 failed, and its webhook is to be called again; 4 runs, but its worker died; 5 waits for its
first 3D model; 6, 7 and 8 for their depth, 6 and 7 of the same owner; 9 was canceled.
"""

import pytest

from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Job, Stage, State
from shared.options import ModelOptions
from shared.webhooks.queue import DeliveryQueue
from tests.support.jobs import NOTHING, claim, finish, new_job, restore

THEIRS = (Stage.DEPTH, Stage.MODEL, Stage.EXPORT)  # there was no head then
EXPORTED = ("model.glb", "model.obj", "model.stl")


@pytest.fixture
def before(store):
    restore(store.redis, "schema-1.json")
    return store


def job(store, digit: int) -> Job:
    return store.jobs.get(str(digit) * 32)


def test_a_record_of_the_release_before_is_read_whole(before):
    done = job(before, 1)
    assert (done.state, done.stage, done.steps, done.model_name) == (State.SUCCEEDED, Stage.EXPORT, THEIRS, "portrait")
    assert set(done.stages) == set(THEIRS)
    depth = done.stages[Stage.DEPTH]
    assert (depth.run_s, depth.queued_s) == (0.032, 0.006)
    assert depth.report == {"model": "portrait", "faces": 1, "notes": [], "scale": 0.5}
    assert [file.name for file in done.files_of(Stage.EXPORT)] == list(EXPORTED)
    assert done.files["depth.png"].folder == "depth-ded69f6037f7"
    assert done.stages[Stage.EXPORT].report == {}
    assert done.share is not None and before.jobs.shared(done.share) == done
    assert [found.id[0] for found in before.jobs.page("eve", cursor=None, limit=9).jobs] == ["7", "6"]


def test_jobs_that_waited_are_claimed_by_their_owners_turns(before):
    assert [claimed.job.id[0] for claimed in claim(before, limit=9)] == ["6", "8", "7"]
    assert [claimed.job.id[0] for claimed in claim(before, Stage.MODEL, limit=9)] == ["2", "5"]


def test_a_job_that_ran_is_taken_back(before):
    assert before.upkeep.sweep(attempts=3) == (1, 0)
    assert (job(before, 4).state, job(before, 4).attempt) == (State.QUEUED, 1)


def test_a_job_goes_on_and_keeps_the_results_that_it_has(before):
    old = job(before, 5)
    claimed = claim(before, Stage.MODEL, limit=2)
    [five] = [held for held in claimed if held.job.id == old.id]
    before.claims.finish(five, NOTHING)
    finish(before, Stage.EXPORT, "face.glb")
    new = job(before, 5)
    assert (new.state, set(new.stages)) == (State.SUCCEEDED, set(THEIRS))
    assert new.stages[Stage.DEPTH] == old.stages[Stage.DEPTH]
    assert set(new.files) == {*old.files, "face.glb"}
    assert before.redis.hget(f"relief:job:{old.id}", "schema") == b"2"


def test_a_record_says_its_schema(store):
    assert store.redis.hget(f"relief:job:{new_job(store).id}", "schema") == b"2"


def test_a_run_of_the_release_before_that_ends_in_a_new_record_counts(store):
    new = new_job(store)
    files = '[{"name": "depth.png", "folder": "depth-1", "bytes": 1, "stage": "depth"}]'
    flat = {"depth_s": "1.5", "depth_queued_s": "0.5", "depth_files": files, "depth_report": "{}"}
    store.redis.hset(f"relief:job:{new.id}", mapping=flat)
    found = store.jobs.get(new.id)
    assert (found.stages[Stage.DEPTH].run_s, list(found.files)) == (1.5, ["depth.png"])
    assert store.jobs.cancel(new.id).state is State.SUCCEEDED  # it has results


def test_a_second_model_takes_the_place_of_the_first_and_its_meshes(before):
    assert EXPORTED[0] in job(before, 2).files
    finish(before, Stage.MODEL, "cloud.rlf")
    assert set(job(before, 2).files) == {"depth.npz", "depth.png", "cloud.rlf"}


def test_a_second_depth_takes_the_place_of_all_that_was_there(before):
    old = job(before, 1)
    before.jobs.requeue(old.id, Stage.DEPTH, (Stage.DEPTH,), limits=UNLIMITED)
    for held in claim(before, limit=9):
        before.claims.finish(held, NOTHING)
    assert set(job(before, 1).stages) == {Stage.DEPTH}
    assert job(before, 1).files == {}


def test_a_second_model_that_is_canceled_leaves_the_first(before):
    old = job(before, 2)
    canceled = before.jobs.cancel(old.id)
    assert (canceled.state, canceled.stage, canceled.files) == (State.SUCCEEDED, Stage.EXPORT, old.files)
    assert (old.model, canceled.model) == (ModelOptions(point_budget=5000), ModelOptions())


def test_deliveries_that_were_in_flight_or_put_off_are_taken(before):
    before.upkeep.adopt_webhooks()
    deliveries = DeliveryQueue(before.redis)
    taken = {(found.url, found.attempt) for found in (deliveries.take(), deliveries.take()) if found}
    assert taken == {("http://hooks.example/relief?a=1", 2), ("https://other.example/x", 2)}
