"""The guards of the queue are needed: without each of them the same story ends badly."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from shared.errors import ClaimLostError, JobConflictError
from shared.jobs.record import Finished, Stage, State, StoredFile
from shared.jobs.store import LUA, JobStore
from tests.support.jobs import NOTHING, claim, new_job


def a_late_run_overwrites(store: JobStore) -> bool:
    """A run whose lease ran out writes after the run that took over."""
    job = new_job(store, steps=(Stage.DEPTH,))
    [late] = claim(store, lease_s=0.02)
    time.sleep(0.05)
    store.sweep(attempts=3)
    [second] = claim(store)
    store.finish(second, Finished([StoredFile(name="depth.npz", folder="second", bytes=1, stage=Stage.DEPTH)], {}))
    with suppress(ClaimLostError):
        store.finish(late, Finished([StoredFile(name="depth.npz", folder="late", bytes=1, stage=Stage.DEPTH)], {}))
    return store.get(job.id).files["depth.npz"].folder == "late"


def poison_runs_a_fourth_time(store: JobStore) -> bool:
    """A job whose every run dies is claimed again after three."""
    new_job(store)
    for _ in range(3):
        claim(store, lease_s=0.02)
        time.sleep(0.05)
        store.sweep(attempts=3)
    return len(claim(store)) > 0


def a_canceled_job_comes_back(store: JobStore) -> bool:
    """A job is canceled while it runs, and its lease runs out."""
    job = new_job(store)
    claim(store, lease_s=0.02)
    store.cancel(job.id)
    time.sleep(0.05)
    store.sweep(attempts=3)
    with suppress(JobConflictError):
        store.retry(job.id)
    return store.get(job.id).state is not State.CANCELED


def one_owner_holds_up_another(store: JobStore) -> bool:
    """The second owner's only job is not among the first two claims."""
    for _ in range(5):
        new_job(store, "ann")
    only = new_job(store, "bob")
    return only.id not in {claimed.job.id for claimed in claim(store, limit=2)}


def a_suspect_takes_neighbours_with_it(store: JobStore) -> bool:
    """After a crash, its victim shares a batch with others."""
    new_job(store, "ann")
    claim(store, lease_s=0.02)
    time.sleep(0.05)
    store.sweep(attempts=3)
    new_job(store, "bob")
    return len(claim(store, limit=8)) > 1


HOLDS = "return run ~= '' and get(id, 'run') == run and get(id, 'state') == 'running'"
TRANSITION = "  move(id, 'canceled')\n"
TURN = "redis.call('ZADD', ring, redis.call('INCR', P .. 'turn'), owner)"
SUSPECT = "local suspect = id and tonumber(get(id, 'attempt') or '0') > 0"
GUARDS = [
    (a_late_run_overwrites, "common.lua", HOLDS, "return true"),
    (poison_runs_a_fourth_time, "sweep.lua", "tonumber(get(id, 'attempt')) >= attempts", "false"),
    (a_canceled_job_comes_back, "cancel.lua", TRANSITION, "  set(id, 'state', 'running')\n"),
    (one_owner_holds_up_another, "claim.lua", TURN, "local _ = owner"),
    (a_suspect_takes_neighbours_with_it, "claim.lua", SUSPECT, "local suspect = false"),
]


@pytest.mark.parametrize(("story", "script", "guard", "without"), GUARDS, ids=[story.__name__ for story, *_ in GUARDS])
def test_a_guard_prevents_what_happens_without_it(store, tmp_path: Path, story, script, guard, without):
    assert not story(store)
    for path in LUA.glob("*.lua"):
        (tmp_path / path.name).write_text(path.read_text())
    text = (tmp_path / script).read_text()
    assert guard in text
    (tmp_path / script).write_text(text.replace(guard, without))
    store.redis.flushall()
    assert story(JobStore(store.redis, tmp_path))


def test_operators_can_retry_a_job_that_was_given_up(store):
    poison_runs_a_fourth_time(store)
    [dead] = store.dead()
    assert dead.error is not None and dead.error.type == "given-up"
    again = store.retry(dead.id)
    assert (again.state, again.attempt) == (State.QUEUED, 0)
    assert store.dead() == []
    store.finish(claim(store)[0], NOTHING)
    assert store.get(dead.id).stage is Stage.MODEL


def test_only_a_failed_job_is_retried(store):
    job = new_job(store)
    with pytest.raises(JobConflictError, match="queued"):
        store.retry(job.id)
