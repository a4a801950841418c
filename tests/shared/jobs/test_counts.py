"""Counts of those who wait, on a real Valkey: kept by whatever moves a job, and mended where they are off."""

import random
import shutil
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from shared.errors import BusyError
from shared.jobs.keys import Key
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Job, Stage, State
from shared.jobs.scripts import LUA
from tests.shared.jobs.test_turns import CROWD, HOME, one_random_change
from tests.support.jobs import NOTHING, Store, a_job, all_jobs, claim, new_job

Counts = dict[str, dict[str, float]]
SETTLED = "local function settle(stage, owner)\n"


def waits_at(store: Store, stage: Stage) -> list[tuple[str, str, Job]]:
    """Group, owner and job of all that wait for the stage, as the queues of the owners have it."""
    groups = store.redis.hgetall(f"{Key.GROUP_OF}{stage}")
    return [
        (group.decode(), owner.decode(), store.jobs.get(job_id.decode()))
        for owner, group in groups.items()
        for job_id in store.redis.zrange(f"{Key.QUEUE}{stage}:{owner.decode()}", 0, -1)
    ]


def true_counts(store: Store) -> Counts:
    """What should be counted: key -> member -> number."""
    counts: Counts = {}
    for stage in Stage:
        waits = waits_at(store, stage)
        counts[f"{Key.GROUP_JOBS}{stage}"] = dict(Counter(group for group, _, _ in waits))
        counts[f"{Key.OLDEST}{stage}"] = {owner: float(job.queued_ms) for _, owner, job in reversed(waits)}
        for one in {group for group, _, _ in waits}:
            counts[f"{Key.OWNER_JOBS}{stage}:{one}"] = dict(Counter(owner for group, owner, _ in waits if group == one))
        counts.setdefault(Key.ALL_JOBS, {})[stage] = len(waits)
    return {
        key: {name: count for name, count in counts[key].items() if count}
        for key in counts
        if any(counts[key].values())
    }


def counted(store: Store) -> Counts:
    """What is counted."""
    keys = [key.decode() for name in ("*-jobs*", "oldest:*") for key in store.redis.keys(f"relief:{name}")]
    return {
        key: {name.decode(): count for name, count in store.redis.zrange(key, 0, -1, withscores=True)} for key in keys
    }


def assert_checked(store: Store, off: bool) -> None:
    """A check finds something or nothing; after it, all counts are true, and it finds nothing."""
    assert (store.upkeep.check_counts() > 0) is off
    assert counted(store) == true_counts(store)
    assert store.upkeep.check_counts() == 0


@pytest.fixture
def before(store: Store, tmp_path: Path) -> Store:
    """A process of the release before, which moves jobs and counts nothing of this."""
    lua = tmp_path / "lua"
    shutil.copytree(LUA, lua)
    script = lua / "common" / "waiting.lua"
    text = script.read_text()
    assert SETTLED in text
    script.write_text(text.replace(SETTLED, SETTLED + "  if stage then\n    return false\n  end\n"))
    return Store.of(store.redis, lua)


@pytest.mark.parametrize("seed", range(2))
def test_after_any_changes_the_counts_are_true(store, seed):
    chance = random.Random(seed)
    for _ in range(100):
        one_random_change(store, chance)
        assert counted(store) == true_counts(store)
    assert_checked(store, off=False)


@pytest.mark.parametrize("seed", range(2))
def test_beside_the_release_before_the_counts_are_mended_and_never_negative(store, before, seed):
    chance = random.Random(seed)
    for _ in range(10):
        for _ in range(20):
            one_random_change(chance.choice((store, before)), chance)
            assert all(count > 0 for counts in counted(store).values() for count in counts.values())
        assert all((store.statistics.jobs_before(job) or 0) >= 0 for job in all_jobs(store))
        assert all(others.jobs >= 0 <= others.groups for others in store.statistics.queue(2).others.values())
        store.upkeep.check_counts()
        assert counted(store) == true_counts(store)
    for stage in Stage:
        while held := claim(before, stage, limit=8):
            for each in held:
                before.claims.finish(each, NOTHING)
    assert_checked(store, off=True)
    assert counted(store) == {}


def test_limits_that_the_release_before_left_reached_are_so_until_the_counts_are_mended(store, before):
    limits = replace(UNLIMITED, all_waiting=4)
    for owner in "abcd":
        store.jobs.create(a_job(owner), limits)
    assert len(claim(before, limit=4)) == 4
    with pytest.raises(BusyError):
        store.jobs.create(a_job("eve"), limits)
    assert store.upkeep.check_counts() > 0
    assert store.jobs.create(a_job("eve"), limits).state is State.QUEUED


def break_sums(store: Store) -> None:
    store.redis.zadd(f"{Key.GROUP_JOBS}depth", {CROWD: 9, "nobody": 4})
    store.redis.zadd(Key.ALL_JOBS, {"depth": 500, "model": 3})


def break_owners(store: Store) -> None:
    store.redis.zadd(f"{Key.OWNER_JOBS}depth:{CROWD}", {"ann": 9, "ghost": 2})


def forget_groups(store: Store) -> None:
    store.redis.delete(f"{Key.GROUP_JOBS}depth", Key.ALL_JOBS)


def forget_owners(store: Store) -> None:
    store.redis.delete(f"{Key.COUNTED_IN}depth", f"{Key.OWNER_JOBS}depth:{CROWD}")


def break_oldest(store: Store) -> None:
    store.redis.zadd(f"{Key.OLDEST}depth", {"ann": 1, "ghost": 1})
    store.redis.zrem(f"{Key.OLDEST}depth", "bob")


def count_in_another_group(store: Store) -> None:
    store.redis.hset(f"{Key.COUNTED_IN}depth", mapping={"ann": HOME, "ghost": HOME})


@pytest.mark.parametrize(
    "damage", (break_sums, break_owners, forget_groups, forget_owners, break_oldest, count_in_another_group)
)
def test_counts_that_are_off_are_mended(store, damage):
    for owner, group in (("ann", CROWD), ("ann", CROWD), ("bob", CROWD), ("cid", HOME)):
        new_job(store, owner, group=group)
    damage(store)
    assert_checked(store, off=damage is not count_in_another_group)


def test_many_are_checked_in_several_calls(store):
    key = f"{Key.COUNTED_IN}model"
    store.redis.hset(key, mapping={f"ghost {number}": CROWD for number in range(2500)})
    left = [2500]
    while left[-1]:
        assert store.upkeep.check_counts(1) == 0
        left.append(store.redis.hlen(key))
    assert max(before - after for before, after in pairwise(left)) < 1300


def test_a_job_that_waits_for_storage_is_not_counted_until_it_is_in_its_queue_again(store):
    job = new_job(store)
    store.claims.put_off(claim(store)[0], longest_s=9)
    assert store.jobs.get(job.id).state is State.QUEUED
    assert counted(store) == {}
    store.redis.zadd(Key.PUT_OFF, {job.id: 0})
    store.upkeep.sweep(attempts=3)
    assert counted(store) == true_counts(store) != {}
