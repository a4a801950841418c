"""The job store on a real Valkey: who may claim, write, cancel, and in which order."""

import time

import pytest

from shared.errors import BusyError, ClaimLostError, JobConflictError, JobNotFoundError, LimitError
from shared.jobs.record import Finished, Limits, Pace, Problem, Stage, State, StoredFile
from shared.jobs.workers import Workers
from shared.options import ModelOptions
from tests.support.jobs import BOTH, NOTHING, claim, new_job


def test_a_new_job_is_queued_for_its_first_stage(store):
    job = new_job(store)
    assert (job.state, job.stage, job.progress, job.attempt) == (State.QUEUED, Stage.DEPTH, 0, 0)
    assert abs(job.created_ms / 1000 - time.time()) < 5
    assert store.waiting(Stage.DEPTH) == 1
    assert store.jobs_before(job) == 0


def test_a_job_goes_through_both_stages_and_succeeds(store):
    job = new_job(store)
    [depth] = claim(store)
    assert depth.job.state is State.RUNNING
    file = StoredFile(name="depth.npz", folder=depth.folder, bytes=7, stage=Stage.DEPTH)
    store.finish(depth, Finished([file], {"faces": 1}, "portrait"))
    between = store.get(job.id)
    assert (between.state, between.stage, between.progress) == (State.QUEUED, Stage.MODEL, 0.7143)
    assert between.files == {"depth.npz": file}
    assert between.depth_report == {"faces": 1}
    assert between.model_name == "portrait"
    [model] = claim(store, Stage.MODEL)
    store.finish(model, NOTHING)
    after = store.get(job.id)
    assert (after.state, after.progress) == (State.SUCCEEDED, 1.0)
    assert after.finished_ms is not None
    assert store.waiting(Stage.DEPTH) == store.waiting(Stage.MODEL) == 0


def test_a_job_is_claimed_once(store):
    new_job(store)
    assert len(claim(store)) == 1
    assert claim(store) == []


def test_claims_go_round_the_owners(store):
    many = [new_job(store, "ann") for _ in range(5)]
    few = [new_job(store, "bob"), new_job(store, "cid")]
    order = [claimed.job.id for claimed in claim(store, limit=7)]
    assert order == [many[0].id, few[0].id, few[1].id, *(job.id for job in many[1:])]


def test_interactive_jobs_go_before_batch_jobs_of_the_same_owner(store):
    batch = new_job(store, rank=1)
    interactive = new_job(store, rank=0)
    assert [claimed.job.id for claimed in claim(store, limit=2)] == [interactive.id, batch.id]


def test_the_place_in_line_counts_what_the_round_takes_first(store):
    mine = [new_job(store, "ann") for _ in range(3)]
    [new_job(store, "bob") for _ in range(9)]
    # ann 0, bob, ann 1, bob, ann 2
    assert [store.jobs_before(job) for job in mine] == [0, 2, 4]
    order = [claimed.job.id for claimed in claim(store, limit=5)]
    assert [order.index(job.id) for job in mine] == [0, 2, 4]


def test_progress_never_goes_backwards(store):
    job = new_job(store)
    [depth] = claim(store)
    store.progress(depth, 0.5)
    store.progress(depth, 0.2)
    assert store.get(job.id).progress == 0.3571  # half of depth, which is 5/7 of depth and model


def test_a_lease_that_runs_out_gives_the_job_to_another_run(store):
    job = new_job(store)
    [late] = claim(store, lease_s=0.05)
    time.sleep(0.1)
    assert store.sweep(attempts=3) == (1, 0)
    [second] = claim(store)
    assert second.job.attempt == 2
    with pytest.raises(ClaimLostError):
        store.finish(late, NOTHING)
    with pytest.raises(ClaimLostError):
        store.progress(late, 0.9)
    with pytest.raises(ClaimLostError):
        store.fail(late, Problem(type="x", title="x", detail="x"))
    assert not store.renew(late, 5)
    store.finish(second, NOTHING)
    assert store.get(job.id).stage is Stage.MODEL


def test_a_renewed_lease_keeps_the_job(store):
    new_job(store)
    [held] = claim(store, lease_s=0.15)
    for _ in range(4):
        time.sleep(0.08)
        assert store.renew(held, 0.15)
        assert store.sweep(attempts=3) == (0, 0)


def test_a_lease_is_not_renewed_past_the_stage_limit(store):
    new_job(store)
    [hung] = claim(store, lease_s=0.05, limit_s=0.05)
    time.sleep(0.1)
    assert not store.renew(hung, 5)
    assert store.sweep(attempts=3) == (1, 0)


def test_a_job_is_given_up_after_its_attempts(store):
    job = new_job(store)
    for attempt in (1, 2, 3):
        [claimed] = claim(store, lease_s=0.02)
        assert claimed.job.attempt == attempt
        time.sleep(0.05)
        store.sweep(attempts=3)
    after = store.get(job.id)
    assert after.state is State.FAILED
    assert after.error is not None and after.error.type == "given-up"
    assert claim(store) == []
    assert store.redis.zrange("relief:dead", 0, -1) == [job.id.encode()]


def test_after_a_crash_the_suspects_run_alone(store):
    crashed = [new_job(store, owner) for owner in ("ann", "bob")]
    claim(store, limit=2, lease_s=0.02)
    time.sleep(0.05)
    store.sweep(attempts=3)
    healthy = new_job(store, "cid")
    batches = [[claimed.job.id for claimed in claim(store, limit=8)] for _ in range(3)]
    assert sorted(batches, key=len) == batches
    assert {batch[0] for batch in batches} == {job.id for job in (*crashed, healthy)}


def test_a_job_handed_back_keeps_its_place_and_its_attempts(store):
    first, second = new_job(store), new_job(store)
    [held] = claim(store)
    assert store.hand_back(held)
    assert not store.hand_back(held)
    assert [claimed.job.id for claimed in claim(store, limit=2)] == [first.id, second.id]
    assert store.get(first.id).attempt == 1


def test_jobs_handed_back_after_a_failed_batch_run_alone(store):
    jobs = [new_job(store, owner) for owner in ("ann", "bob")]
    for held in claim(store, limit=2):
        store.hand_back(held, attempt_counts=True)
    batches = [claim(store, limit=2) for _ in jobs]
    assert [[claimed.job.attempt for claimed in batch] for batch in batches] == [[2], [2]]


def test_a_canceled_job_leaves_the_line_and_never_comes_back(store):
    job = new_job(store)
    assert store.cancel(job.id).state is State.CANCELED
    assert claim(store) == []
    with pytest.raises(JobConflictError, match="canceled"):
        store.requeue(job.id, Stage.MODEL, (Stage.MODEL,), ModelOptions())


def test_a_running_job_that_is_canceled_takes_no_result(store):
    job = new_job(store)
    [running] = claim(store)
    store.cancel(job.id)
    with pytest.raises(ClaimLostError):
        store.finish(running, NOTHING)
    assert store.get(job.id).state is State.CANCELED
    assert store.sweep(attempts=3) == (0, 0)


def test_an_ended_job_cannot_be_canceled(store):
    job = new_job(store, steps=(Stage.DEPTH,))
    store.finish(claim(store)[0], NOTHING)
    with pytest.raises(JobConflictError, match="succeeded"):
        store.cancel(job.id)


def test_a_canceled_second_model_leaves_the_first_with_its_own_settings(store):
    job = new_job(store, steps=BOTH)
    for stage in BOTH:
        [running] = claim(store, stage)
        file = StoredFile(name=f"{stage}.bin", folder=running.folder, bytes=1, stage=stage)
        store.finish(running, Finished([file], {}))
    for budget in (5000, 6000):  # the second is asked for after the first was canceled
        store.requeue(job.id, Stage.MODEL, (Stage.MODEL,), ModelOptions(point_budget=budget))
        assert store.get(job.id).model.point_budget == budget
        assert store.cancel(job.id).model == ModelOptions()
    store.requeue(job.id, Stage.MODEL, (Stage.MODEL,), ModelOptions(point_budget=7000))
    store.finish(claim(store, Stage.MODEL)[0], NOTHING)
    store.requeue(job.id, Stage.MODEL, (Stage.MODEL,), ModelOptions(point_budget=8000))
    assert store.cancel(job.id).model.point_budget == 7000


def test_no_run_is_queued_beyond_the_limits(store):
    ended, waiting = new_job(store, steps=(Stage.DEPTH,)), Limits(owner_waiting=1)
    store.fail(claim(store)[0], Problem(type="x", title="x", detail="x"))
    other = new_job(store)
    for limits, error in ((waiting, LimitError), (Limits(all_waiting=1), BusyError)):
        with pytest.raises(error):
            store.retry(ended.id, limits)
        with pytest.raises(error):
            store.requeue(ended.id, Stage.DEPTH, (Stage.DEPTH,), ModelOptions(), limits=limits)
    assert store.get(ended.id).state is State.FAILED
    store.cancel(other.id)
    assert store.retry(ended.id, waiting).state is State.QUEUED


def test_a_second_model_replaces_the_first_and_leaves_the_depth(store):
    job = new_job(store)
    depth_file = StoredFile(name="depth.npz", folder="depth-1", bytes=1, stage=Stage.DEPTH)
    store.finish(claim(store)[0], Finished([depth_file], {}))
    store.finish(
        claim(store, Stage.MODEL)[0],
        Finished([StoredFile(name="cloud.rlf", folder="a", bytes=1, stage=Stage.MODEL)], {}),
    )
    again = store.requeue(job.id, Stage.MODEL, (Stage.MODEL,), ModelOptions(point_budget=5000))
    assert (again.state, again.stage, again.progress) == (State.QUEUED, Stage.MODEL, 0)
    [second] = claim(store, Stage.MODEL)
    assert second.job.model.point_budget == 5000
    store.finish(second, Finished([StoredFile(name="cloud.rlf", folder="b", bytes=1, stage=Stage.MODEL)], {}))
    after = store.get(job.id)
    assert (after.state, after.progress) == (State.SUCCEEDED, 1)
    assert after.files["cloud.rlf"].folder == "b"
    assert after.files["depth.npz"] == depth_file


def test_a_deleted_job_is_forgotten_whatever_its_state(store):
    queued, running = new_job(store, "ann"), new_job(store, "bob")
    store.delete(queued.id)
    [held] = claim(store)
    assert held.job.id == running.id
    store.delete(running.id)
    with pytest.raises(ClaimLostError):
        store.finish(held, NOTHING)
    for job in (queued, running):
        with pytest.raises(JobNotFoundError):
            store.get(job.id)
    leftovers = [
        key for key in store.redis.keys("relief:*") if key not in (b"relief:turn", b"relief:place", b"relief:counters")
    ]
    assert leftovers == []


def test_how_a_stage_gets_on_is_known_after_its_first_run(store):
    assert store.paces([Stage.DEPTH]) == [Pace(frozenset(), waiting=0, running=0, run_s=None, cost_s=None)]
    Workers(store.redis).announce(Stage.DEPTH, "host:1")
    for _ in range(3):
        new_job(store)
    [held] = claim(store)
    time.sleep(0.05)
    store.finish(held, NOTHING)
    claim(store)
    model, depth = store.paces([Stage.MODEL, Stage.DEPTH])
    assert (model.waiting, depth.workers, depth.waiting, depth.running) == (1, {b"host:1"}, 1, 1)
    assert 0.04 < depth.run_s == depth.cost_s < 2


def test_a_job_of_a_batch_runs_as_long_as_all_of_it_and_costs_its_part(store):
    for _ in range(4):
        new_job(store)
    held = claim(store, limit=4)
    time.sleep(0.2)
    for each in held:
        store.finish(each, NOTHING)
    [pace] = store.paces([Stage.DEPTH])
    assert pace.run_s >= 0.2
    assert 0.05 <= pace.cost_s < pace.run_s / 3


def test_every_change_raises_the_version(store):
    job = new_job(store)
    versions = [job.version]
    [held] = claim(store)
    versions.append(store.get(job.id).version)
    store.progress(held, 0.5)
    versions.append(store.get(job.id).version)
    store.finish(held, NOTHING)
    versions.append(store.get(job.id).version)
    assert versions == sorted(set(versions))


def test_an_unknown_job_is_not_found(store):
    for ask in (store.get, store.cancel, store.delete):
        with pytest.raises(JobNotFoundError, match="feed"):
            ask("feed" * 8)
