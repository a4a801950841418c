"""Statistics on a real Valkey: what waits, and how quick the stages are."""

import time

from shared.jobs.claims import Finished
from shared.jobs.record import Stage
from shared.jobs.statistics import Others, StageStatistics
from shared.jobs.workers import Workers
from tests.support.jobs import BOTH, NOTHING, claim, new_job


def test_jobs_before_one_are_those_whose_owners_have_their_turn_first(store):
    mine = [new_job(store, "ann") for _ in range(3)]
    [new_job(store, "bob") for _ in range(9)]
    # ann 0, bob, ann 1, bob, ann 2
    assert [store.statistics.jobs_before(job) for job in mine] == [0, 2, 4]
    assert store.statistics.jobs_before_each(mine) == {
        job.id: before for job, before in zip(mine, (0, 2, 4), strict=True)
    }
    order = [claimed.job.id for claimed in claim(store, limit=5)]
    assert [order.index(job.id) for job in mine] == [0, 2, 4]
    assert store.statistics.jobs_before(mine[0]) is None


def cost_of(store, stage: Stage = Stage.DEPTH) -> float | None:
    return store.statistics.by_stage()[stage].cost_s


def test_a_stage_is_measured_after_its_first_run(store):
    assert store.statistics.by_stage()[Stage.DEPTH] == StageStatistics(frozenset(), 0, cost_s=None)
    Workers(store.redis).announce(Stage.DEPTH, "host:1")
    for _ in range(3):
        new_job(store)
    [held] = claim(store)
    time.sleep(0.05)
    store.claims.finish(held, NOTHING)
    claim(store)
    measured = store.statistics.by_stage()
    depth, model = measured[Stage.DEPTH], measured[Stage.MODEL]
    assert (model.waiting, depth.workers, depth.waiting) == (1, {b"host:1"}, 1)
    assert depth.cost_s is not None and 0.04 < depth.cost_s < 2


def test_a_job_costs_what_its_worker_says_was_its_own_else_all_of_its_run(store):
    for own_s in (0.5, 0.5):
        new_job(store)
        store.claims.finish(claim(store)[0], Finished((), {}, own_s=own_s))
    assert cost_of(store) == 0.5
    assert store.statistics.counters()["seconds:depth"] == 1


def test_the_first_run_of_a_process_does_not_count_beside_others(store):
    for own_s in (30, 2, 3, 4):
        new_job(store)
        store.claims.finish(claim(store)[0], Finished((), {}, own_s=own_s))
    assert cost_of(store) == 3.5  # without the least and the greatest


def test_costs_follow_a_machine_that_has_more_to_do(store):
    for own_s in [1] * 30 + [3] * 10:
        new_job(store)
        store.claims.finish(claim(store)[0], Finished((), {}, own_s=own_s))
    assert cost_of(store) == 3


def test_what_the_release_before_measured_counts_until_there_is_something_newer(store):
    store.redis.rpush("relief:costs:depth", *[8, 0, 0, 0] * 2)  # two batches of four
    assert cost_of(store) == 2
    new_job(store)
    store.claims.finish(claim(store)[0], Finished((), {}, own_s=3))
    assert cost_of(store) == 3


def test_the_queue_lists_who_waits_as_they_take_turns_and_who_runs(store):
    Workers(store.redis).announce(Stage.DEPTH, "host:1")
    new_job(store, "ann", steps=(Stage.DEPTH,))
    store.claims.finish(claim(store)[0], Finished((), {}, own_s=2))
    ann = [new_job(store, "ann") for _ in range(3)]
    bob = new_job(store, "bob", group="office", steps=(Stage.DEPTH,))
    claim(store, limit=2)
    time.sleep(0.05)
    queue = store.statistics.queue()
    assert (queue.costs_s, queue.workers[Stage.DEPTH]) == ({Stage.DEPTH: 2.0}, {b"host:1"})
    assert [(job.id, job.owner, job.group, job.steps) for job in queue.waiting] == [
        (job.id, "ann", "ann", BOTH) for job in ann[1:]
    ]
    assert {job.id: (job.group, job.steps) for job in queue.running} == {
        ann[0].id: ("ann", BOTH),
        bob.id: ("office", (Stage.DEPTH,)),
    }
    assert len({job.run for job in queue.running}) == 1
    assert all(0.05 <= job.elapsed_s < 10 and job.expected_s == 4 for job in queue.running)  # two, 2 s each


def test_of_many_who_wait_the_first_are_listed_and_the_others_counted(store):
    for number in range(20):
        new_job(store, f"owner {number % 6}", group=f"group {number % 3}")
    for number in range(5):
        new_job(store, f"late {number}", group=f"late {number % 3}")
    queue = store.statistics.queue(5)
    left = {"group 0": 6, "group 1": 6, "group 2": 5, "late 0": 1, "late 1": 1}
    assert queue.others == {Stage.DEPTH: Others(left, groups=1, jobs=1)}
    assert {job.id for job in queue.waiting} == {held.job.id for held in claim(store, limit=5)}
    queue = store.statistics.queue(17)
    assert {job.id for job in queue.waiting} == {held.job.id for held in claim(store, limit=17)}
    assert len(store.statistics.queue(3).waiting) == 3
    assert store.statistics.queue(3).others == {}


def test_a_run_remembers_what_was_expected_of_it_only_as_long_as_it_goes_on(store):
    for _ in range(2):
        new_job(store)
    [held] = claim(store)
    assert store.jobs.get(held.job.id).expected_s is None  # nothing was measured yet
    store.claims.finish(held, Finished((), {}, own_s=2))
    [held] = claim(store)
    assert store.jobs.get(held.job.id).expected_s == 2
    store.claims.hand_back(held)
    assert store.jobs.get(held.job.id).expected_s is None


def test_the_oldest_wait_is_that_of_the_job_that_waits_longest_for_the_stage(store):
    assert store.statistics.oldest_wait_s(Stage.DEPTH) == 0
    for owner, waited_ms in (("ann", 2000), ("bob", 60_000), ("cid", 5000)):
        job = new_job(store, owner)
        store.redis.hset(f"relief:job:{job.id}", "queued_ms", job.queued_ms - waited_ms)
    assert store.upkeep.check_counts() == 3
    assert 60 <= store.statistics.oldest_wait_s(Stage.DEPTH) < 65
    assert store.statistics.oldest_wait_s(Stage.MODEL) == 0
    claim(store, limit=3)
    assert store.statistics.oldest_wait_s(Stage.DEPTH) == 0


def test_sums_are_told_by_name(store):
    for _ in range(3):
        new_job(store)
    store.claims.finish(claim(store, limit=2)[0], NOTHING)
    sums = store.statistics.counters()
    named = {name: sums[name] for name in ("accepted", "batches:depth", "claimed:depth", "done:depth")}
    assert named == {"accepted": 3.0, "batches:depth": 1.0, "claimed:depth": 2.0, "done:depth": 1.0}
