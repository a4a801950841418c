"""Statistics on a real Valkey: what waits, and how quick the stages are."""

import time

from shared.jobs.record import Stage
from shared.jobs.statistics import StageStatistics
from shared.jobs.workers import Workers
from tests.support.jobs import NOTHING, claim, new_job


def test_jobs_before_one_are_those_whose_owners_have_their_turn_first(store):
    mine = [new_job(store, "ann") for _ in range(3)]
    [new_job(store, "bob") for _ in range(9)]
    # ann 0, bob, ann 1, bob, ann 2
    assert [store.statistics.jobs_before(job) for job in mine] == [0, 2, 4]
    order = [claimed.job.id for claimed in claim(store, limit=5)]
    assert [order.index(job.id) for job in mine] == [0, 2, 4]
    assert store.statistics.jobs_before(mine[0]) is None


def test_a_stage_is_measured_after_its_first_run(store):
    assert store.statistics.by_stage()[Stage.DEPTH] == StageStatistics(frozenset(), 0, 0, run_s=None, cost_s=None)
    Workers(store.redis).announce(Stage.DEPTH, "host:1")
    for _ in range(3):
        new_job(store)
    [held] = claim(store)
    time.sleep(0.05)
    store.claims.finish(held, NOTHING)
    claim(store)
    measured = store.statistics.by_stage()
    depth, model = measured[Stage.DEPTH], measured[Stage.MODEL]
    assert (model.waiting, depth.workers, depth.waiting, depth.running) == (1, {b"host:1"}, 1, 1)
    assert depth.run_s is not None and 0.04 < depth.run_s == depth.cost_s < 2


def test_a_job_of_a_batch_runs_as_long_as_all_of_it_and_costs_its_part(store):
    for _ in range(4):
        new_job(store)
    held = claim(store, limit=4)
    time.sleep(0.2)
    for each in held:
        store.claims.finish(each, NOTHING)
    depth = store.statistics.by_stage()[Stage.DEPTH]
    assert depth.run_s is not None and depth.run_s >= 0.2
    assert depth.cost_s is not None and 0.05 <= depth.cost_s < depth.run_s / 3


def test_the_oldest_wait_is_that_of_the_job_that_waits_longest_for_the_stage(store):
    assert store.statistics.oldest_wait_s(Stage.DEPTH) == 0
    for owner, waited_ms in (("ann", 2000), ("bob", 60_000), ("cid", 5000)):
        job = new_job(store, owner)
        store.redis.hset(f"relief:job:{job.id}", "queued_ms", job.queued_ms - waited_ms)
    assert 60 <= store.statistics.oldest_wait_s(Stage.DEPTH) < 65
    assert store.statistics.oldest_wait_s(Stage.MODEL) == 0


def test_sums_are_told_by_name(store):
    for _ in range(3):
        new_job(store)
    store.claims.finish(claim(store, limit=2)[0], NOTHING)
    sums = store.statistics.counters()
    named = {name: sums[name] for name in ("accepted", "batches:depth", "claimed:depth", "done:depth")}
    assert named == {"accepted": 3.0, "batches:depth": 1.0, "claimed:depth": 2.0, "done:depth": 1.0}
