"""How long it will take is told from what was measured, what waits before, and what is done already."""

import pytest

from shared.jobs import Finished, Stage
from shared.store import JobStore
from shared.workers import Workers
from tests.shared.test_store import claim, new_job
from web.expected import expected_seconds

BOTH = (Stage.DEPTH, Stage.MODEL)


@pytest.fixture
def measured(store: JobStore) -> JobStore:
    """Depth: runs of 8 s that cost 2 s each, two workers. Model: runs of 3 s that cost as much, one worker."""
    for stage, run_s, cost_s, workers in ((Stage.DEPTH, 8, 2, 2), (Stage.MODEL, 3, 3, 1)):
        store.redis.rpush(f"relief:seconds:{stage}", *[run_s] * 5)
        store.redis.rpush(f"relief:costs:{stage}", *[cost_s] * 5)
        for number in range(workers):
            Workers(store.redis).announce(stage, f"host:{number}")
    return store


def expected(store: JobStore, job_id: str) -> float | None:
    job = store.get(job_id)
    return expected_seconds(job, store.jobs_before(job), store)


def test_whoever_is_first_in_line_waits_for_half_a_job_of_one_of_the_workers(measured):
    job = new_job(measured, steps=(Stage.DEPTH,))
    assert expected(measured, job.id) == 8 + 0.5 * 2 / 2


def test_the_slowest_queue_counts_and_not_the_sum(measured):
    for _ in range(4):
        new_job(measured, steps=BOTH)
    last = new_job(measured, steps=BOTH)
    assert expected(measured, last.id) == 8 + 3 + 4.5 * 3


def test_what_is_done_of_a_run_is_not_expected_again(measured):
    job = new_job(measured, steps=BOTH)
    [held] = claim(measured)
    assert expected(measured, job.id) == 8 + 3
    measured.progress(held, 0.75)
    assert expected(measured, job.id) == 2 + 3
    measured.finish(held, Finished((), {}))
    [held] = claim(measured, Stage.MODEL)
    seconds = expected(measured, job.id)
    assert seconds == 3


def test_nothing_is_said_where_nothing_is_known(measured):
    job = new_job(measured, steps=(Stage.DEPTH, Stage.MODEL, Stage.EXPORT))
    assert expected(measured, job.id) is None  # export has never run
    depth_only = new_job(measured, steps=(Stage.DEPTH,))
    assert expected(measured, depth_only.id) is not None
    measured.redis.delete("relief:workers:depth")
    assert expected(measured, depth_only.id) is None  # nobody works
    measured.cancel(depth_only.id)
    assert expected(measured, depth_only.id) is None
