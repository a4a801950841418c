"""Space on a real Valkey: reservations, and the bytes that the jobs of an owner and of a group take."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from shared.errors import LimitError
from shared.jobs.claims import Finished
from shared.jobs.limits import UNLIMITED
from shared.jobs.new_job import IDEMPOTENCY_S, Idempotency
from shared.jobs.record import DisparityInfo, Job, PhotoInfo, Problem, Stage, State, StoredFile
from shared.jobs.space import Space, results_bytes
from shared.options import ModelOptions
from tests.support.jobs import BOTH, Store, all_jobs, claim, crash, finish, new_job, random_id, restore

PHOTO = PhotoInfo(width=640, height=480, bytes=1000)
MAP = DisparityInfo(width=64, height=48, bytes=200)
RECORD = 100_000
PROBLEM = Problem(type="x", title="x", detail="x")
GROUPS = ("address-192.0.2.1", "address-192.0.2.2", "")


DEPTH_TO_COME, MODEL_TO_COME = (results_bytes((stage,), ModelOptions()) for stage in (Stage.DEPTH, Stage.MODEL))


def counted(store: Store) -> dict[str, int]:
    return {whose.decode(): int(size) for whose, size in store.redis.hgetall("relief:bytes").items()}


def counts(stored: int, coming: int = 0) -> dict[str, int]:
    """What is counted of one job of ann's in the group g."""
    sums = dict.fromkeys(("owner:ann", "group:g", "all"), RECORD + stored + coming)
    return sums | ({"coming": coming} if coming else {})


def test_a_job_counts_with_its_photo_and_the_results_to_come_and_in_the_end_with_those_it_has(store):
    job = new_job(store, "ann", (Stage.DEPTH,), photo=PHOTO, disparity=MAP, group="g")
    assert counted(store) == counts(1200, DEPTH_TO_COME)
    [held] = claim(store)
    file = StoredFile(name="depth.npz", folder=held.folder, bytes=70, stage=Stage.DEPTH)
    store.claims.finish(held, Finished([file], {}))
    assert counted(store) == counts(1270)
    store.jobs.requeue(job.id, Stage.MODEL, (Stage.MODEL,), limits=UNLIMITED)
    assert counted(store) == counts(1270, MODEL_TO_COME)
    store.jobs.cancel(job.id)
    assert counted(store) == counts(1270)
    store.jobs.delete(job.id)
    assert counted(store) == {}


def test_a_job_of_the_release_before_counts_from_its_next_end_on_and_for_where_it_is_queued_again(store):
    restore(store.redis, "schema-1.json")
    assert counted(store) == {}
    [held, *_] = claim(store)
    owner = held.job.owner
    store.claims.fail(held, PROBLEM)
    stored = held.job.photo.bytes + RECORD
    assert counted(store) == {f"owner:{owner}": stored, f"group:{owner}": stored, "all": stored}
    with pytest.raises(LimitError):
        store.jobs.retry(held.job.id, replace(UNLIMITED, owner_waiting=0), "g")
    assert counted(store)[f"group:{owner}"] == stored
    again = store.jobs.retry(held.job.id, UNLIMITED, "g")
    coming = results_bytes(again.steps, again.model)
    sums = dict.fromkeys((f"owner:{owner}", "group:g", "all"), stored + coming)
    assert counted(store) == sums | {"coming": coming}
    store.jobs.delete(again.id)
    assert counted(store) == {}


def test_the_results_to_come_are_those_of_the_stages_and_of_the_points():
    few, many = (ModelOptions(point_budget=points) for points in (100_000, 500_000))
    assert results_bytes((Stage.DEPTH,), many) < results_bytes((Stage.DEPTH, Stage.MODEL), few)
    assert 27_600_000 < results_bytes(tuple(Stage), few) < 31_000_000  # as measured, and a little more
    assert 34_600_000 < results_bytes(tuple(Stage), many) < 38_000_000


def recount(store: Store, most: int = 3) -> None:
    """Count all jobs anew, some at a time."""
    while not store.upkeep.recount(most):
        pass


def assert_recounted(store: Store) -> None:
    """What is counted is what a recount gives."""
    before = counted(store)
    recount(store)
    assert counted(store) == before


def test_what_processes_of_the_release_before_left_uncounted_is_counted_anew(store):
    kept, gone = (new_job(store, "ann", (Stage.DEPTH,), photo=PHOTO, group="g") for _ in range(2))
    [held, _] = claim(store, limit=2)
    assert held.job.id == kept.id
    store.redis.hset(f"relief:job:{kept.id}", mapping={"state": "succeeded"})  # ended, and deleted, without counting
    store.redis.delete(f"relief:job:{gone.id}")
    store.redis.zrem("relief:jobs", gone.id)
    new_job(store, "ann", photo=PHOTO, group="g")
    store.redis.hdel(f"relief:job:{kept.id}", "bytes")
    recount(store)
    coming = results_bytes(BOTH, ModelOptions())
    assert counted(store) == counts(RECORD + 2000, coming)


def truth(jobs: list[Job]) -> dict[str, int]:
    """What counts, as the records have it."""
    sums: Counter[str] = Counter()
    for job in jobs:
        files = job.photo.bytes + sum(file.bytes for file in job.files.values())
        size = RECORD + (0 if job.state is State.CANCELED else files)
        for whose in (f"owner:{job.owner}", f"group:{job.group}", "all"):
            sums[whose] += size
    return dict(sums)


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_after_any_changes_the_bytes_are_those_of_the_records(store, seed):
    chance = random.Random(seed)
    for _ in range(100):
        one_random_change(store, chance)
    assert_recounted(store)
    while any(not job.ended for job in all_jobs(store)):
        for stage in Stage:
            for held in claim(store, stage, limit=8):
                store.claims.finish(held, Finished([], {}))
    jobs = all_jobs(store)
    assert_recounted(store)
    assert {job.state for job in jobs} == {State.SUCCEEDED, State.FAILED, State.CANCELED}
    assert counted(store) == truth(jobs)
    store.redis.zadd("relief:expires", {job.id: 1 for job in jobs[::2]})
    store.upkeep.expire()
    for job in jobs[1::2]:
        store.jobs.delete(job.id)
    assert counted(store) == {}


@pytest.mark.parametrize("seed", (4, 5))
def test_what_changes_while_the_bytes_are_counted_anew_counts_too(store, seed):
    chance = random.Random(seed)
    for _ in range(100):
        one_random_change(store, chance)
    store.redis.hset("relief:bytes", mapping={"all": 1, "owner:nobody": 7})
    while not store.upkeep.recount(2):
        one_random_change(store, chance)
    assert counted(store)["all"] > RECORD and "owner:nobody" not in counted(store)
    assert_recounted(store)
    assert not store.redis.exists("relief:bytes-anew", "relief:recounted-to")


def one_random_change(store: Store, chance: random.Random) -> None:
    """Something that happens to a job; what is not possible just now is left out."""
    some = chance.choice(all_jobs(store) or [None])
    match chance.randrange(9):
        case 0 | 1 | 2:
            photo = PhotoInfo(width=64, height=48, bytes=chance.randrange(1, 10**6))
            steps = chance.choice(((Stage.DEPTH,), (Stage.DEPTH, Stage.MODEL)))
            new_job(
                store,
                f"owner {chance.randrange(4)}",
                steps,
                photo=photo,
                group=chance.choice(GROUPS),
                id=random_id(chance),
            )
        case 3 | 4 | 5:
            stage = chance.choice((Stage.DEPTH, Stage.MODEL))
            for held in claim(store, stage, limit=2):
                files = [
                    StoredFile(name=f"{stage}.bin", folder=held.folder, bytes=chance.randrange(10**6), stage=stage)
                ]
                store.claims.finish(held, Finished(files, {}))
        case 6 if some and not some.ended:
            store.jobs.cancel(some.id)
        case 7 if some and chance.random() < 0.5:
            store.jobs.delete(some.id)
        case 7:
            crash(store)
        case 8 if some and some.state in (State.SUCCEEDED, State.FAILED):
            store.jobs.requeue(some.id, Stage.DEPTH, (Stage.DEPTH, Stage.MODEL), limits=UNLIMITED)
        case _:
            for held in claim(store):
                store.claims.fail(held, PROBLEM)


def test_reservations_add_up_by_owner_and_group_until_they_are_released(store):
    space = Space(store.redis)
    new_job(store, "ann", photo=PHOTO, group="g")
    coming = results_bytes(BOTH, ModelOptions())
    job = RECORD + 1000 + coming
    first = space.reserve("1", "ann", "g", 10)
    assert (first.reserved, first.coming, first.all, first.owner, first.group) == (10, coming, *[job + 10] * 3)
    second = space.reserve("2", "bob", "g", 20)
    assert (second.reserved, second.all, second.owner, second.group) == (30, job + 30, 20, job + 30)
    assert space.reserve("1", "ann", "g", 15).reserved == 35  # in place of the ten
    for job_id in "12":
        space.release(job_id)
    assert space.reserve("3", "cid", "h", 1).reserved == 1


def test_a_reservation_of_a_process_that_died_ends_by_itself(store):
    space = Space(store.redis)
    space.reserve("1", "ann", "g", 10)
    assert store.redis.zscore("relief:reserved-until", "1") / 1000 <= store.redis.time()[0] + 121
    store.redis.zadd("relief:reserved-until", {"1": 1})
    assert space.reserve("2", "ann", "g", 5).owner == 5
    assert store.redis.hkeys("relief:reserved") == [b"2"]


def test_with_a_deleted_job_goes_what_its_idempotency_key_was_remembered_for(store):
    key = Idempotency("key", "body")
    job = new_job(store, idempotency=key)
    assert 0 < store.redis.ttl("relief:idempotency:ann:key") <= IDEMPOTENCY_S
    store.jobs.delete(job.id)
    assert store.redis.keys("relief:idempotency:*") == []
    later = new_job(store, idempotency=key)
    finish(store, Stage.DEPTH)
    store.jobs.cancel(later.id)
    store.redis.zadd("relief:expires", {later.id: 1})
    assert store.upkeep.expire() == [later.id]
    assert store.redis.keys("relief:idempotency:*") == []
