"""The expected time of a job: from what was measured, what waits before it, and what is done already."""

import pytest

from shared.jobs.claims import Finished
from shared.jobs.record import Stage
from shared.jobs.workers import Workers
from tests.support.jobs import Store, claim, new_job
from web.expected import RecentStatistics, expected_seconds

BOTH = (Stage.DEPTH, Stage.MODEL)
ALL = (*BOTH, Stage.EXPORT)


@pytest.fixture
def measured(store: Store) -> Store:
    """Depth: runs of 8 s that cost 2 s each, two workers. Model and export: runs of 3 and 1 s, one worker for both."""
    workers = Workers(store.redis)
    for stage, run_s, cost_s, names in (
        (Stage.DEPTH, 8, 2, ("gpu:1", "gpu:2")),
        (Stage.MODEL, 3, 3, ("cpu:1",)),
        (Stage.EXPORT, 1, 1, ("cpu:1",)),
    ):
        store.redis.rpush(f"relief:seconds:{stage}", *[run_s] * 5)
        store.redis.rpush(f"relief:costs:{stage}", *[cost_s] * 5)
        for name in names:
            workers.announce(stage, name)
    return store


def expected(store: Store, job_id: str) -> float | None:
    job = store.jobs.get(job_id)
    return expected_seconds(job, store.statistics.jobs_before(job), RecentStatistics(store.statistics).now())


def test_a_single_job_is_expected_to_take_the_sum_of_its_runs(measured):
    assert expected(measured, new_job(measured, steps=ALL).id) == 8 + 3 + 1


def test_a_waiting_job_waits_for_those_before_it_and_half_of_those_running(measured):
    for _ in range(3):
        new_job(measured, steps=(Stage.DEPTH,))
    claim(measured, limit=2)
    last = new_job(measured, steps=(Stage.DEPTH,))
    assert expected(measured, last.id) == (1 + 2 / 2) * 2 / 2 + 8


def test_the_queue_of_the_next_stage_gets_shorter_during_the_present_one(measured):
    for _ in range(4):
        new_job(measured, steps=ALL)
    last = new_job(measured, steps=ALL)
    modelled = max(4 * 2 / 2 + 8, 4 * 3) + 3
    assert expected(measured, last.id) == max(modelled, 4 * 3 + 4 * 1) + 1


def test_progress_shortens_the_expected_time(measured):
    job = new_job(measured, steps=BOTH)
    [held] = claim(measured)
    assert expected(measured, job.id) == 8 + 3
    measured.claims.progress(held, 0.75)
    assert expected(measured, job.id) == 2 + 3
    measured.claims.finish(held, Finished((), {}))
    claim(measured, Stage.MODEL)
    assert expected(measured, job.id) == 3


def test_no_time_is_expected_without_measurements_or_workers(measured):
    measured.redis.delete("relief:seconds:export", "relief:costs:export")
    assert expected(measured, new_job(measured, steps=ALL).id) is None  # export has never run
    depth_only = new_job(measured, steps=(Stage.DEPTH,))
    assert expected(measured, depth_only.id) is not None
    measured.redis.delete("relief:workers:depth")
    assert expected(measured, depth_only.id) is None  # nobody works
    measured.jobs.cancel(depth_only.id)
    assert expected(measured, depth_only.id) is None
