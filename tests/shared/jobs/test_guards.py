"""The guards of the queue are needed: without each of them the same story ends badly."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

import pytest

from shared.errors import ClaimLostError, JobConflictError
from shared.jobs.claims import Finished
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage, State, StoredFile
from shared.jobs.scripts import LUA
from shared.options import DepthOptions
from tests.support.jobs import BOTH, Store, claim, crash, finish, new_job


def a_late_run_overwrites(store: Store) -> bool:
    """A run whose lease ran out writes after the run that took over."""
    job = new_job(store, steps=(Stage.DEPTH,))
    [late] = crash(store)
    [second] = claim(store)
    for held, folder in ((second, "second"), (late, "late")):
        file = StoredFile(name="depth.npz", folder=folder, bytes=1, stage=Stage.DEPTH)
        with suppress(ClaimLostError):
            store.claims.finish(held, Finished([file], {}))
    return store.jobs.get(job.id).files["depth.npz"].folder == "late"


def poison_runs_a_fourth_time(store: Store) -> bool:
    """A job whose every run dies is claimed again after three."""
    new_job(store)
    for _ in range(3):
        crash(store)
    return len(claim(store)) > 0


def a_canceled_job_comes_back(store: Store) -> bool:
    """A job is canceled while it runs, and its lease runs out."""
    job = new_job(store)
    claim(store, lease_s=0.02)
    store.jobs.cancel(job.id)
    time.sleep(0.05)
    store.upkeep.sweep(attempts=3)
    with suppress(JobConflictError):
        store.jobs.retry(job.id, UNLIMITED)
    return store.jobs.get(job.id).state is not State.CANCELED


def one_owner_holds_up_another_of_their_group(store: Store) -> bool:
    """The second owner's only job is not among the first two claims."""
    for _ in range(5):
        new_job(store, "ann", group="address-192.0.2.1")
    only = new_job(store, "bob", group="address-192.0.2.1")
    return only.id not in {claimed.job.id for claimed in claim(store, limit=2)}


def many_owners_of_one_group_hold_up_another(store: Store) -> bool:
    """The only job of another client group is not among the first two claims."""
    for number in range(5):
        new_job(store, f"cookie {number}", group="address-192.0.2.1")
    only = new_job(store, "bob", group="address-192.0.2.2")
    return only.id not in {claimed.job.id for claimed in claim(store, limit=2)}


def a_job_retried_after_a_crash_takes_neighbours_with_it(store: Store) -> bool:
    """After a crash, its victim shares a batch with others."""
    new_job(store, "ann")
    crash(store)
    new_job(store, "bob")
    return len(claim(store, limit=8)) > 1


def a_3d_model_of_an_earlier_depth_stays(store: Store) -> bool:
    """The depth stage runs again, and a 3D model of the depth before is still among the results."""
    job = new_job(store)
    for stage in BOTH:
        finish(store, stage, f"{stage}.bin")
    store.jobs.requeue(job.id, Stage.DEPTH, (Stage.DEPTH,), limits=UNLIMITED)
    finish(store, Stage.DEPTH, "depth.bin")
    return "model.bin" in store.jobs.get(job.id).files


def a_canceled_run_leaves_its_settings(store: Store) -> bool:
    """The depth stage is to run again with other settings, and is canceled."""
    job = new_job(store)
    finish(store, Stage.DEPTH, "depth.bin")
    store.jobs.cancel(job.id)
    other = DepthOptions(pupil_distance_mm=58)
    store.jobs.requeue(job.id, Stage.DEPTH, (Stage.DEPTH,), depth=other, limits=UNLIMITED)
    return store.jobs.cancel(job.id).depth == other


HOLDS = "return run ~= '' and get(id, 'run') == run and get(id, 'state') == State.RUNNING"
CANCELED = "  move(id, State.CANCELED)\n"
OWNERS_TURN = "  next_turn(owners_key(stage, group), 'XX', owner)\n"
GROUPS_TURN = "  next_turn(groups_key(stage), 'XX', group)\n"
RETRIED = "local retried = id and tonumber(get(id, 'attempt') or '0') > 0"
GUARDS = [
    (a_late_run_overwrites, "common/records.lua", HOLDS, "return true"),
    (poison_runs_a_fourth_time, "upkeep/sweep.lua", "tonumber(get(id, 'attempt')) >= attempts", "false"),
    (a_canceled_job_comes_back, "jobs/cancel.lua", CANCELED, "  set(id, 'state', State.RUNNING)\n"),
    (one_owner_holds_up_another_of_their_group, "claims/claim.lua", OWNERS_TURN, ""),
    (many_owners_of_one_group_hold_up_another, "claims/claim.lua", GROUPS_TURN, ""),
    (a_job_retried_after_a_crash_takes_neighbours_with_it, "claims/claim.lua", RETRIED, "local retried = false"),
    (a_3d_model_of_an_earlier_depth_stays, "claims/finish.lua", "    forget_result(id, each)\n", ""),
    (a_canceled_run_leaves_its_settings, "jobs/cancel.lua", "    choose_as_made(id, stage)\n", ""),
]


@pytest.mark.parametrize(("story", "script", "guard", "without"), GUARDS, ids=[story.__name__ for story, *_ in GUARDS])
def test_a_guard_prevents_what_happens_without_it(store, tmp_path: Path, story, script, guard, without):
    assert not story(store)
    lua = tmp_path / "lua"
    shutil.copytree(LUA, lua)
    text = (lua / script).read_text()
    assert guard in text
    (lua / script).write_text(text.replace(guard, without))
    store.redis.flushall()
    assert story(Store.of(store.redis, lua))
