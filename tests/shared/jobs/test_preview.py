"""The rough point cloud in a job record: there until the run has its points, ends, or is lost."""

import time

import pytest

from shared.errors import ClaimLostError
from shared.jobs.claims import Claim
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Job, Problem, Stage, State, StoredFile
from tests.support.jobs import ALL, NOTHING, Store, claim, crash, finish, new_job

PROBLEM = Problem(type="x", title="x", detail="x")


def show(store: Store, held: Claim) -> StoredFile:
    file = StoredFile(name="rough.rlf", folder=held.rough_folder, bytes=9, stage=Stage.DEPTH)
    store.claims.show_rough(held, file)
    return file


def shown(store: Store, **more) -> tuple[Job, Claim]:
    """A job whose depth stage runs, and has a rough cloud."""
    job = new_job(store, **more)
    [held] = claim(store, lease_s=0.02)
    show(store, held)
    return job, held


def waits_for_removal(store: Store, job: Job, held: Claim) -> bool:
    return store.redis.zscore("relief:to-delete", f"{job.id}/{held.rough_folder}") is not None


def test_it_counts_from_the_moment_it_is_shown_until_the_points_are_there(store):
    job = new_job(store, steps=ALL)
    [held] = claim(store)
    before = store.jobs.get(job.id)
    assert before.preview is None
    file = show(store, held)
    after = store.jobs.get(job.id)
    assert (after.preview, after.files, after.version > before.version) == (file, {}, True)
    store.claims.finish(held, NOTHING)
    assert store.jobs.get(job.id).preview == file
    finish(store, Stage.MODEL, "cloud.rlf")
    assert store.jobs.get(job.id).preview is None
    assert store.jobs.get(job.id).rough is None
    assert waits_for_removal(store, job, held)


def test_whoever_listens_hears_of_it(store):
    job = new_job(store)
    [held] = claim(store)
    with store.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe("relief:changed")
        pubsub.get_message(timeout=5)
        show(store, held)
        message = pubsub.get_message(timeout=5)
    assert message is not None and message["data"].decode() == job.id


def test_a_run_that_lost_its_job_shows_nothing(store):
    job = new_job(store)
    [late] = crash(store)
    with pytest.raises(ClaimLostError):
        show(store, late)
    [second] = claim(store)
    with pytest.raises(ClaimLostError):
        show(store, late)
    assert store.jobs.get(job.id).preview is None
    show(store, second)


@pytest.mark.parametrize(
    "end",
    [
        lambda store, held: store.claims.fail(held, PROBLEM),
        lambda store, held: store.claims.hand_back(held),
        lambda store, held: store.claims.put_off(held, 60),
        lambda store, held: store.jobs.cancel(held.job.id),
        lambda store, held: store.claims.finish(held, NOTHING),  # the only stage of its job
    ],
    ids=["failed", "handed back", "put off", "canceled", "depth alone"],
)
def test_it_goes_with_its_run(store, end):
    job, held = shown(store, steps=(Stage.DEPTH,))
    end(store, held)
    assert store.jobs.get(job.id).rough is None
    assert waits_for_removal(store, job, held)


def test_it_goes_when_its_worker_died(store):
    job, held = shown(store)
    time.sleep(0.05)
    assert store.upkeep.sweep(attempts=3) == (1, 0)
    assert store.jobs.get(job.id).rough is None
    assert waits_for_removal(store, job, held)


def test_it_stays_while_a_later_stage_is_tried_again(store):
    job, held = shown(store)
    store.claims.finish(held, NOTHING)
    [model] = claim(store, Stage.MODEL, lease_s=0.02)
    time.sleep(0.05)
    store.upkeep.sweep(attempts=3)
    assert store.jobs.get(job.id).preview is not None
    [model] = claim(store, Stage.MODEL)
    store.claims.fail(model, PROBLEM)
    assert store.jobs.get(job.id).rough is None


def test_another_run_of_the_depth_stage_has_its_own_beside_the_earlier_results(store):
    job = new_job(store)
    finish(store, Stage.DEPTH, "depth.npz")
    finish(store, Stage.MODEL, "cloud.rlf")
    store.jobs.requeue(job.id, Stage.DEPTH, (Stage.DEPTH, Stage.MODEL), limits=UNLIMITED)
    [again] = claim(store)
    file = show(store, again)
    shown_again = store.jobs.get(job.id)
    assert (shown_again.preview, set(shown_again.files)) == (file, {"depth.npz", "cloud.rlf"})
    kept = store.jobs.cancel(job.id)
    assert (kept.state, kept.rough, set(kept.files)) == (State.SUCCEEDED, None, {"depth.npz", "cloud.rlf"})


def test_what_a_worker_of_the_release_before_left_in_the_record_is_not_shown(store):
    job, held = shown(store, steps=ALL)
    store.claims.finish(held, NOTHING)
    store.redis.hset(f"relief:job:{job.id}", "stage", Stage.HEAD)  # it knows nothing of the rough cloud
    assert store.jobs.get(job.id).preview is None
