"""Turns on a real Valkey: client groups take them, then the owners of a group; what is counted of them is true."""

import random
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from shared.errors import LimitError
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Job, Stage, State
from shared.jobs.scripts import LUA
from shared.jobs.statistics import Statistics
from tests.support.jobs import BOTH, NOTHING, Store, a_job, all_jobs, claim, finish, new_job, random_id, restore

CROWD, HOME = "address-192.0.2.1", "address-198.51.100.7"
QUEUES = ("turns", "group-", "owner-", "waiting:", "line:", "ring:", "-jobs", "counted-in:", "oldest:")


def claimed_ids(store: Store, limit: int) -> list[str]:
    return [held.job.id for held in claim(store, limit=limit)]


@pytest.mark.parametrize("cookies", [1, 25])
def test_behind_25_jobs_of_one_address_a_visitor_is_second_however_many_cookies_they_have(store, cookies):
    for number in range(25):
        new_job(store, f"cookie {number % cookies}", group=CROWD)
    only = new_job(store, "visitor", group=HOME)
    assert store.statistics.jobs_before(only) == 1
    assert only.id in claimed_ids(store, 2)


def test_owners_of_one_group_take_turns_and_each_owners_jobs_keep_their_order(store):
    many = [new_job(store, "ann", group=CROWD) for _ in range(3)]
    few = [new_job(store, "bob", group=CROWD), new_job(store, "cid", group=HOME)]
    order = [many[0], few[1], few[0], many[1], many[2]]
    assert [store.statistics.jobs_before(job) for job in order] == [0, 1, 2, 3, 4]
    assert claimed_ids(store, 5) == [job.id for job in order]


def test_an_owner_who_comes_from_two_addresses_waits_in_one_group_and_has_one_turn(store):
    for group in (CROWD, HOME, HOME):
        new_job(store, "ann", group=group)
    only = new_job(store, "bob", group=HOME)
    assert store.statistics.jobs_before(only) == 1
    assert only.id in claimed_ids(store, 2)


def test_the_limit_of_a_group_holds_for_new_jobs_and_for_those_that_run_again(store):
    limits = replace(UNLIMITED, owner_waiting=1, all_waiting=4)  # so two of one group alone
    ended = new_job(store, "ann", steps=(Stage.DEPTH,), group=CROWD)
    finish(store, Stage.DEPTH, "depth.npz")
    for owner in ("bob", "cid"):
        new_job(store, owner, group=CROWD)
    for stage in BOTH:
        with pytest.raises(LimitError, match="from your address"):
            store.jobs.requeue(ended.id, stage, (stage,), limits=limits, group=HOME)
    claim(store)
    assert store.jobs.requeue(ended.id, Stage.MODEL, (Stage.MODEL,), limits=limits).state is State.QUEUED


def test_groups_that_take_all_they_can_leave_places_to_others(store):
    limits = replace(UNLIMITED, owner_waiting=2, all_waiting=32)

    def taken_by(group: str) -> int:
        for count in range(32):
            try:
                store.jobs.create(a_job(f"{group} {count}", group=group), limits)
            except LimitError:
                return count
        raise AssertionError("one group takes them all")

    assert [taken_by(group) for group in "abcd"] == [16, 8, 4, 2]
    assert store.jobs.create(a_job("visitor", group="e"), limits).state is State.QUEUED


def test_the_queue_of_the_release_before_goes_on_each_owner_as_a_group(store):
    restore(store.redis, "schema-1.json")
    old = store.redis.zrange("relief:ring:depth", 0, -1)
    assert old
    waiting = sum(store.redis.zcard(f"relief:line:depth:{owner.decode()}") for owner in old)
    assert store.waiting(Stage.DEPTH) == waiting
    first = claim(store)[0].job
    assert store.waiting(Stage.DEPTH) == waiting - 1
    # a process of the release before, which still runs, queues one of an owner who waits and one of one who does not
    for job, owner in ((new_job(store, "ann", group=CROWD), "ann"), (first, first.owner)):
        store.redis.hset(f"relief:job:{job.id}", "state", "queued")
        store.redis.zadd(f"relief:line:depth:{owner}", {job.id: 10_000})
        store.redis.zadd("relief:ring:depth", {owner: 10_000})
    assert store.waiting(Stage.DEPTH) == waiting + 1
    assert {held.job.id for _ in range(waiting + 2) for held in claim(store)} >= {first.id}
    assert store.waiting(Stage.DEPTH) == 0


def order_of_turns(jobs: list[Job]) -> list[str]:
    """Ids of waiting jobs, by age, as groups and their owners take turns who came in that order."""
    groups: dict[str, dict[str, list[str]]] = {}
    for job in jobs:
        groups.setdefault(job.group, {}).setdefault(job.owner, []).append(job.id)
    order = []
    while groups:
        for group, owners in list(groups.items()):
            owner = next(iter(owners))
            waiting = owners.pop(owner)
            order.append(waiting.pop(0))
            owners.update({owner: waiting} if waiting else {})
            if not owners:
                del groups[group]
    return order


def some_jobs(store: Store, chance: random.Random) -> list[Job]:
    """A hundred jobs of owners and groups who have few or many."""
    names = [(f"group {group}", f"owner {group} {owner}") for group in range(12) for owner in range(1 + group % 4)]
    chosen = chance.choices(names, weights=[chance.random() ** 3 for _ in names], k=100)
    return [new_job(store, owner, group=group, id=random_id(chance)) for group, owner in chosen]


@pytest.mark.parametrize("seed", range(2))
def test_the_position_is_that_of_the_turns(store, seed):
    order = order_of_turns(jobs := some_jobs(store, random.Random(seed)))
    assert {job.id: store.statistics.jobs_before(job) for job in jobs} == {one: order.index(one) for one in order}


def test_the_position_among_too_many_to_look_at_each_is_off_by_less_than_a_round(store, tmp_path):
    lua = tmp_path / "lua"
    shutil.copytree(LUA, lua)
    script = lua / "statistics" / "jobs_before.lua"
    text = script.read_text()
    script.write_text(text.replace("MOST_WALKED = 300", "MOST_WALKED = 3"))
    assert text != script.read_text()
    few = Statistics(store.redis, lua)
    chance = random.Random(1)
    jobs = [new_job(store, f"owner {chance.randrange(40)}", id=random_id(chance)) for _ in range(100)]
    before = [few.jobs_before(job) - store.statistics.jobs_before(job) for job in jobs]
    assert 0 < max(map(abs, before)) < 40
    first = {job.owner: job for job in reversed(jobs)}.values()
    assert [few.jobs_before(job) for job in first] == [store.statistics.jobs_before(job) for job in first]


def assert_counts_are_true(store: Store, jobs: list[Job]) -> None:
    """What is counted beside the records is what the records say; those that wait have a place each."""
    waiting = Counter(job.stage for job in jobs if job.state is State.QUEUED)
    statistics = store.statistics.by_stage()
    assert {stage: statistics[stage].waiting for stage in Stage} == {stage: waiting[stage] for stage in Stage}
    before = {job.id: store.statistics.jobs_before(job) for job in jobs if job.state is State.QUEUED}
    for stage in Stage:
        places = sorted(before[job.id] for job in jobs if job.id in before and job.stage is stage)
        assert places == list(range(waiting[stage]))


def one_random_change(store: Store, chance: random.Random) -> None:
    """Something that happens to a job; what is not possible just now is refused."""
    some = chance.choice(all_jobs(store) or [None])
    match chance.randrange(8):
        case 0 | 1 | 2:
            new_job(store, f"owner {chance.randrange(6)}", group=chance.choice((CROWD, HOME, "")), id=random_id(chance))
        case 3 | 4:
            for held in claim(store, chance.choice(BOTH), limit=chance.randrange(1, 4)):
                chance.choice((lambda held: store.claims.finish(held, NOTHING), store.claims.hand_back))(held)
        case 5 if some and not some.ended:
            store.jobs.cancel(some.id)
        case 6 if some:
            store.jobs.delete(some.id)
        case 7 if some and some.state is State.SUCCEEDED:
            store.jobs.requeue(some.id, Stage.MODEL, (Stage.MODEL,), limits=UNLIMITED)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_the_counts_are_those_of_the_records_and_places_are_the_order_of_claims(store, seed):
    chance = random.Random(seed)
    for _ in range(100):
        one_random_change(store, chance)
        assert_counts_are_true(store, all_jobs(store))
    for stage in BOTH:
        waiting = [job for job in all_jobs(store) if (job.state, job.stage) == (State.QUEUED, stage)]
        expected = sorted(waiting, key=store.statistics.jobs_before)
        order = [held.job.id for _ in waiting for held in claim(store, stage)]
        assert order == [job.id for job in expected]
    assert [key for key in store.redis.keys("relief:*") if any(name in key.decode() for name in QUEUES)] == []
