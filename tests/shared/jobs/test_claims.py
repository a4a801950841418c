"""Claims on a real Valkey: who gets which job, for how long, and who may write."""

import threading
import time

import pytest

from shared.errors import ClaimLostError
from shared.jobs.claims import Finished
from shared.jobs.record import DisparityInfo, PhotoInfo, Problem, Stage, State
from tests.support.jobs import NOTHING, claim, crash, new_job


def test_a_job_is_claimed_once(store):
    new_job(store)
    assert len(claim(store)) == 1
    assert claim(store) == []


def test_many_workers_claiming_at_once_never_share_a_job(store):
    jobs = [new_job(store) for _ in range(60)]
    claimed: list[str] = []
    start = threading.Barrier(6)

    def claim_all() -> None:
        start.wait()
        while claims := store.claims.claim(Stage.DEPTH, limit=3, lease_s=30, stage_limit_s=60):
            claimed.extend(claim.job.id for claim in claims)

    threads = [threading.Thread(target=claim_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(job.id for job in jobs)


def test_owners_take_turns(store):
    many = [new_job(store, "ann") for _ in range(5)]
    few = [new_job(store, "bob"), new_job(store, "cid")]
    order = [claimed.job.id for claimed in claim(store, limit=7)]
    assert order == [many[0].id, few[0].id, few[1].id, *(job.id for job in many[1:])]


def test_jobs_that_are_claimed_together_have_no_more_pixels_than_the_limit(store):
    jobs = [new_job(store, photo=PhotoInfo(width=100, height=90)) for _ in range(5)]
    batches = []
    while claims := claim(store, limit=8, limit_px=2 * 9000):
        batches.append([claimed.job.id for claimed in claims])
    assert batches == [[job.id for job in jobs[:2]], [job.id for job in jobs[2:4]], [jobs[4].id]]


def test_a_job_of_more_pixels_than_the_limit_is_claimed_alone_and_in_its_turn(store):
    small, large, last = (new_job(store, photo=PhotoInfo(width=100, height=rows)) for rows in (9, 500, 9))
    batches = [[claimed.job.id for claimed in claim(store, limit=8, limit_px=2000)] for _ in range(4)]
    assert batches == [[small.id], [large.id], [last.id], []]


def test_pixels_that_are_held_already_count(store):
    new_job(store, photo=PhotoInfo(width=100, height=90))
    assert claim(store, limit=8, limit_px=10_000, held_px=2000) == []
    assert len(claim(store, limit=8, limit_px=10_000, held_px=1000)) == 1


def test_a_disparity_map_counts_as_pixels(store):
    disparity = DisparityInfo(width=100, height=90, bytes=1)
    for _ in range(3):
        new_job(store, photo=PhotoInfo(width=100, height=90), disparity=disparity)
    assert len(claim(store, limit=8, limit_px=2 * 18_000)) == 2


def test_a_run_whose_answer_was_lost_may_finish_again(store):
    job = new_job(store)
    [held] = claim(store)
    store.claims.finish(held, NOTHING)
    counted = store.jobs.get(job.id)
    store.claims.finish(held, NOTHING)
    assert store.jobs.get(job.id) == counted


def test_progress_never_goes_backwards(store):
    job = new_job(store)
    [depth] = claim(store)
    store.claims.progress(depth, 0.5)
    store.claims.progress(depth, 0.2)
    assert store.jobs.get(job.id).progress == 0.3889  # half of depth, which is 7/9 of depth and model


def test_a_lease_that_runs_out_gives_the_job_to_another_run(store):
    job = new_job(store)
    [late] = crash(store)
    [second] = claim(store)
    assert second.job.attempt == 2
    with pytest.raises(ClaimLostError):
        store.claims.finish(late, NOTHING)
    with pytest.raises(ClaimLostError):
        store.claims.progress(late, 0.9)
    with pytest.raises(ClaimLostError):
        store.claims.fail(late, Problem(type="x", title="x", detail="x"))
    assert not store.claims.renew(late, 5)
    store.claims.finish(second, NOTHING)
    assert store.jobs.get(job.id).stage is Stage.MODEL


def test_a_renewed_lease_keeps_the_job(store):
    new_job(store)
    [held] = claim(store, lease_s=0.15)
    for _ in range(4):
        time.sleep(0.08)
        assert store.claims.renew(held, 0.15)
        assert store.upkeep.sweep(attempts=3) == (0, 0)


def test_a_lease_is_not_renewed_past_the_stage_limit(store):
    new_job(store)
    [hung] = claim(store, lease_s=0.05, limit_s=0.05)
    time.sleep(0.1)
    assert not store.claims.renew(hung, 5)
    assert store.upkeep.sweep(attempts=3) == (1, 0)


def test_jobs_retried_after_a_crash_run_alone(store):
    crashed = [new_job(store, owner) for owner in ("ann", "bob")]
    crash(store, limit=2)
    healthy = new_job(store, "cid")
    batches = [[claimed.job.id for claimed in claim(store, limit=8)] for _ in range(3)]
    assert [len(batch) for batch in batches] == [1, 1, 1]
    assert {batch[0] for batch in batches} == {job.id for job in (*crashed, healthy)}


def test_a_job_retried_after_a_crash_is_left_to_a_worker_with_nothing_else_in_hand(store):
    new_job(store)
    crash(store)
    assert store.claims.claim(Stage.DEPTH, limit=8, lease_s=5, stage_limit_s=60, take_retried=False) == []
    assert len(claim(store)) == 1


def test_a_job_handed_back_keeps_its_position(store):
    first, second = new_job(store), new_job(store)
    [held] = claim(store)
    assert store.claims.hand_back(held)
    assert not store.claims.hand_back(held)
    assert [claimed.job.id for claimed in (*claim(store), *claim(store))] == [first.id, second.id]
    assert store.jobs.get(first.id).attempt == 2


def test_jobs_handed_back_after_a_failed_batch_run_alone(store):
    jobs = [new_job(store, owner) for owner in ("ann", "bob")]
    for held in claim(store, limit=2):
        store.claims.hand_back(held)
    batches = [claim(store, limit=2) for _ in jobs]
    assert [[claimed.job.attempt for claimed in batch] for batch in batches] == [[2], [2]]


def test_a_job_that_storage_refused_waits_longer_each_time_and_uses_up_no_attempt(store):
    job = new_job(store)
    for waited_ms in (1000, 3000, 7000):  # 1, 2 and 4 seconds
        [held] = claim(store)
        assert store.claims.put_off(held, longest_s=7)
        assert not store.claims.put_off(held, longest_s=7)  # it holds it no more
        put_off = store.jobs.get(job.id)
        assert (put_off.state, put_off.attempt, put_off.put_off_ms) == (State.QUEUED, 0, waited_ms)
        store.upkeep.sweep(attempts=3)
        assert claim(store) == []
        store.redis.zadd("relief:put-off", {job.id: 1})  # its pause is over
        store.upkeep.sweep(attempts=3)
    [held] = claim(store)
    assert not store.claims.put_off(held, longest_s=7)
    assert store.claims.put_off(held, longest_s=7.001)


def test_a_report_with_a_number_that_json_lacks_is_refused_and_the_job_is_held(store):
    job = new_job(store)
    [held] = claim(store)
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.claims.finish(held, Finished([], {"depth_mm": float("nan")}))
    store.claims.finish(held, NOTHING)
    assert store.jobs.get(job.id).model_name is None
