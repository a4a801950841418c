"""Jobs on a real Valkey: how they are created, canceled, queued again and deleted."""

import time
from dataclasses import replace

import pytest

from shared.errors import BusyError, ClaimLostError, JobConflictError, JobNotFoundError, LimitError
from shared.jobs.claims import Finished
from shared.jobs.keys import Key
from shared.jobs.limits import UNLIMITED, Limits
from shared.jobs.record import Problem, Stage, State, StoredFile
from shared.options import DepthOptions, ModelOptions
from tests.support.jobs import ALL, BOTH, NOTHING, a_job, claim, finish, new_job

PROBLEM = Problem(type="x", title="x", detail="x")


def test_a_new_job_is_queued_for_its_first_stage(store):
    job = new_job(store)
    assert (job.state, job.stage, job.progress, job.attempt) == (State.QUEUED, Stage.DEPTH, 0, 0)
    assert abs(job.created_ms / 1000 - time.time()) < 5
    assert job.stages == {}
    assert store.waiting(Stage.DEPTH) == 1
    assert store.statistics.jobs_before(job) == 0


def test_a_job_whose_answer_was_lost_may_be_created_again(store):
    new = a_job()
    first = store.jobs.create(new, UNLIMITED)
    assert store.jobs.create(new, UNLIMITED) == first
    assert store.waiting(Stage.DEPTH) == 1


def test_a_job_goes_through_both_stages_and_succeeds(store):
    job = new_job(store)
    [depth] = claim(store)
    assert depth.job.state is State.RUNNING
    file = StoredFile(name="depth.npz", folder=depth.folder, bytes=7, stage=Stage.DEPTH)
    store.claims.finish(depth, Finished([file], {"faces": 1, "notes": []}, "portrait"))
    between = store.jobs.get(job.id)
    assert (between.state, between.stage, between.progress) == (State.QUEUED, Stage.MODEL, 0.7778)
    assert between.files == {"depth.npz": file}
    assert between.stages[Stage.DEPTH].report == {"faces": 1, "notes": []}
    assert between.model_name == "portrait"
    store.claims.finish(claim(store, Stage.MODEL)[0], NOTHING)
    after = store.jobs.get(job.id)
    assert (after.state, after.progress) == (State.SUCCEEDED, 1.0)
    assert after.finished_ms is not None
    assert after.stages[Stage.DEPTH] == between.stages[Stage.DEPTH]
    assert store.waiting(Stage.DEPTH) == store.waiting(Stage.MODEL) == 0


def test_the_record_says_how_long_each_stage_waited_and_ran(store):
    began = time.monotonic()
    job = new_job(store, steps=(Stage.DEPTH,))
    time.sleep(0.05)
    [held] = claim(store)
    claimed = time.monotonic()
    time.sleep(0.3)
    store.claims.finish(held, NOTHING)
    result = store.jobs.get(job.id).stages[Stage.DEPTH]
    assert 0.049 <= result.queued_s <= claimed - began + 0.002  # whole milliseconds of Redis's clock
    assert 0.299 <= result.run_s <= time.monotonic() - began


def test_a_canceled_job_leaves_the_queue_and_never_comes_back(store):
    job = new_job(store)
    assert store.jobs.cancel(job.id).state is State.CANCELED
    assert claim(store) == []
    with pytest.raises(JobConflictError, match="canceled"):
        store.jobs.requeue(job.id, Stage.MODEL, (Stage.MODEL,), limits=UNLIMITED)


def test_a_running_job_that_is_canceled_takes_no_result(store):
    job = new_job(store)
    [running] = claim(store)
    store.jobs.cancel(job.id)
    with pytest.raises(ClaimLostError):
        store.claims.finish(running, NOTHING)
    assert store.jobs.get(job.id).state is State.CANCELED
    assert store.upkeep.sweep(attempts=3) == (0, 0)


def test_an_ended_job_cannot_be_canceled(store):
    job = new_job(store, steps=(Stage.DEPTH,))
    finish(store, Stage.DEPTH)
    with pytest.raises(JobConflictError, match="succeeded"):
        store.jobs.cancel(job.id)


def test_a_canceled_second_model_leaves_the_first_with_its_own_settings(store):
    job = new_job(store, steps=BOTH)
    for stage in BOTH:
        finish(store, stage, f"{stage}.bin")
    for budget in (5000, 6000):  # the second is asked for after the first was canceled
        again = store.jobs.requeue(job.id, **second_model(budget), limits=UNLIMITED)
        assert again.model.point_budget == budget
        assert store.jobs.cancel(job.id).model == ModelOptions()
    store.jobs.requeue(job.id, **second_model(7000), limits=UNLIMITED)
    finish(store, Stage.MODEL)
    store.jobs.requeue(job.id, **second_model(8000), limits=UNLIMITED)
    assert store.jobs.cancel(job.id).model.point_budget == 7000


def test_a_second_model_replaces_the_first_and_its_meshes_and_leaves_the_depth(store):
    job = new_job(store, steps=ALL)
    for stage in ALL:
        finish(store, stage, f"{stage}.bin")
    before = store.jobs.get(job.id)
    again = store.jobs.requeue(job.id, **second_model(5000), limits=UNLIMITED)
    assert (again.state, again.stage, again.progress) == (State.QUEUED, Stage.MODEL, 0)
    assert again.files == before.files
    [second] = claim(store, Stage.MODEL)
    assert second.job.model.point_budget == 5000
    file = StoredFile(name="model.bin", folder=second.folder, bytes=1, stage=Stage.MODEL)
    store.claims.finish(second, Finished([file], {}))
    after = store.jobs.get(job.id)
    assert (after.state, after.progress) == (State.SUCCEEDED, 1)
    assert after.files == {"depth.bin": before.files["depth.bin"], "model.bin": file}


def second_model(point_budget: int) -> dict:
    return {"stage": Stage.MODEL, "steps": (Stage.MODEL,), "model": ModelOptions(point_budget=point_budget)}


def second_depth(pupil_distance_mm: float, *steps: Stage) -> dict:
    options = DepthOptions(pupil_distance_mm=pupil_distance_mm)
    return {"stage": Stage.DEPTH, "steps": (Stage.DEPTH, *steps), "depth": options}


def test_a_second_depth_replaces_the_first_and_all_that_was_made_of_it(store):
    job = new_job(store, steps=ALL)
    for stage in ALL:
        finish(store, stage, f"{stage}.bin")
    before = store.jobs.get(job.id)
    again = store.jobs.requeue(job.id, **second_depth(58, Stage.MODEL), limits=UNLIMITED)
    assert (again.state, again.stage, again.progress, again.steps) == (State.QUEUED, Stage.DEPTH, 0, BOTH)
    assert (again.depth.pupil_distance_mm, again.model, again.stages) == (58, before.model, before.stages)
    finish(store, Stage.DEPTH, "depth.bin")
    between = store.jobs.get(job.id)
    assert (between.state, between.stage, set(between.stages)) == (State.QUEUED, Stage.MODEL, {Stage.DEPTH})
    assert between.files["depth.bin"].folder != before.files["depth.bin"].folder
    finish(store, Stage.MODEL, "model.bin")
    after = store.jobs.get(job.id)
    assert (after.state, set(after.files)) == (State.SUCCEEDED, {"depth.bin", "model.bin"})


def test_a_canceled_second_depth_leaves_everything_with_its_own_settings(store):
    job = new_job(store, steps=ALL)
    for stage in ALL:
        finish(store, stage, f"{stage}.bin")
    before = store.jobs.get(job.id)
    for distance_mm in (55, 58):  # the second is asked for after the first was canceled
        store.jobs.requeue(job.id, **second_depth(distance_mm), limits=UNLIMITED)
        canceled = store.jobs.cancel(job.id)
        assert (canceled.state, canceled.stage, canceled.stages) == (State.SUCCEEDED, Stage.EXPORT, before.stages)
        assert canceled.depth == DepthOptions()
    store.jobs.requeue(job.id, **second_depth(60), limits=UNLIMITED)
    finish(store, Stage.DEPTH, "depth.bin")
    store.jobs.requeue(job.id, **second_depth(61), limits=UNLIMITED)
    assert store.jobs.cancel(job.id).depth.pupil_distance_mm == 60


def test_a_3d_model_after_a_failed_second_depth_is_made_of_the_first_and_says_so(store):
    job = new_job(store)
    for stage in BOTH:
        finish(store, stage, f"{stage}.bin")
    store.jobs.requeue(job.id, **second_depth(58), limits=UNLIMITED)
    store.claims.fail(claim(store)[0], PROBLEM)
    assert store.jobs.retry(job.id, UNLIMITED).depth.pupil_distance_mm == 58
    store.claims.fail(claim(store)[0], PROBLEM)
    store.jobs.requeue(job.id, **second_model(5000), limits=UNLIMITED)
    [held] = claim(store, Stage.MODEL)
    assert (held.job.depth, held.job.model.point_budget) == (DepthOptions(), 5000)
    assert "depth.bin" in held.job.files


def test_no_run_is_queued_beyond_the_limits(store):
    ended = new_job(store, steps=(Stage.DEPTH,))
    store.claims.fail(claim(store)[0], PROBLEM)
    other = new_job(store)
    one_of_owner, one_of_all = replace(UNLIMITED, owner_waiting=1), replace(UNLIMITED, all_waiting=1)
    for limits, error in ((one_of_owner, LimitError), (one_of_all, BusyError)):
        with pytest.raises(error):
            store.jobs.retry(ended.id, limits)
        with pytest.raises(error):
            store.jobs.requeue(ended.id, Stage.DEPTH, (Stage.DEPTH,), limits=limits)
    assert store.jobs.get(ended.id).state is State.FAILED
    store.jobs.cancel(other.id)
    assert store.jobs.retry(ended.id, one_of_owner).state is State.QUEUED


def test_a_job_that_waits_or_runs_is_not_queued_again_and_keeps_its_settings(store):
    job = new_job(store)
    for state in (State.QUEUED, State.RUNNING):
        with pytest.raises(JobConflictError, match=state):
            store.jobs.requeue(job.id, **second_depth(58), limits=UNLIMITED)
        assert store.jobs.get(job.id).depth == DepthOptions()
        claim(store)
    assert store.waiting(Stage.DEPTH) == 0


def test_only_a_failed_job_is_retried(store):
    job = new_job(store)
    with pytest.raises(JobConflictError, match="queued"):
        store.jobs.retry(job.id, UNLIMITED)


def test_a_deleted_job_is_forgotten_whatever_its_state(store):
    queued, running = new_job(store, "ann"), new_job(store, "bob")
    store.jobs.delete(queued.id)
    [held] = claim(store)
    assert held.job.id == running.id
    store.jobs.delete(running.id)
    with pytest.raises(ClaimLostError):
        store.claims.finish(held, NOTHING)
    for job in (queued, running):
        with pytest.raises(JobNotFoundError):
            store.jobs.get(job.id)
    sums = {b"relief:turn", b"relief:place", b"relief:counters"}
    assert set(store.redis.keys("relief:*")) == sums | {b"relief:to-delete"}
    assert store.redis.zcard(Key.REMOVALS) == 2  # their files, which whoever deletes the job deletes next


def test_every_change_raises_the_version(store):
    job = new_job(store)
    versions = [job.version]
    [held] = claim(store)
    versions.append(store.jobs.get(job.id).version)
    store.claims.progress(held, 0.5)
    versions.append(store.jobs.get(job.id).version)
    store.claims.finish(held, NOTHING)
    versions.append(store.jobs.get(job.id).version)
    assert versions == sorted(set(versions))


def test_an_unknown_job_is_not_found(store):
    for ask in (store.jobs.get, store.jobs.cancel, store.jobs.delete):
        with pytest.raises(JobNotFoundError, match="feed"):
            ask("feed" * 8)


def test_a_refusal_is_a_new_error_each_time_which_keeps_nothing_of_the_one_before(store):
    full = replace(UNLIMITED, owner_waiting=0)
    errors = []
    for _ in range(2):
        with pytest.raises(LimitError) as refused:
            store.jobs.create(a_job(), full)
        errors.append(refused.value)
    assert errors[0] is not errors[1]


def test_an_owner_s_jobs_come_in_pages_newest_first(store):
    ids = [new_job(store).id for _ in range(5)][::-1]
    new_job(store, "bob")
    pages, cursor = [], None
    for _ in range(3):
        page = store.jobs.page("ann", cursor=cursor, limit=2)
        pages.append([job.id for job in page.jobs])
        cursor = page.next
    assert (pages, cursor) == ([ids[:2], ids[2:4], ids[4:]], None)
    assert store.jobs.page("ann", cursor=None, limit=5).next is None  # as many as there are
    store.jobs.delete(ids[1])
    assert [job.id for job in store.jobs.page("ann", cursor=None, limit=2).jobs] == [ids[0], ids[2]]


def test_a_refusal_says_where_the_job_stands(store):
    job = new_job(store, steps=(Stage.DEPTH,))
    with pytest.raises(JobConflictError, match=r"^the job is queued and cannot be queued again$"):
        store.jobs.requeue(job.id, **second_depth(58), limits=UNLIMITED)
    finish(store, Stage.DEPTH, "depth.npz")
    with pytest.raises(JobConflictError, match=r"^the job is succeeded and can no longer be canceled$"):
        store.jobs.cancel(job.id)
    with pytest.raises(JobNotFoundError, match="share-none"):
        store.jobs.shared("share-none")


def test_the_limits_of_users_are_those_of_the_settings(settings):
    chosen = settings.model_copy(update={"all_waiting": 7, "owner_waiting": 3, "owner_megapixels": 5})
    assert Limits.of(chosen) == Limits(all_waiting=7, owner_waiting=3, owner_megapixels=5)
