"""Job records that the front remembers: whatever changes one is seen by the next who reads it."""

from collections.abc import Callable

import pytest

from shared.errors import JobNotFoundError
from shared.jobs.claims import Claim, Finished
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Problem, Stage, StoredFile
from shared.options import ModelOptions
from tests.support.jobs import ALL, Store, claim, new_job
from web.remembered import RememberedJobs

PROBLEM = Problem(type="x", title="x", detail="x")
ROUGH = StoredFile(name="rough.rlf", folder="depth-1-rough", bytes=1, stage=Stage.DEPTH)
DEPTH = StoredFile(name="depth.npz", folder="depth-1", bytes=1, stage=Stage.DEPTH)


def changes(store: Store, job_id: str) -> list[Callable[[], object]]:
    """What may happen to a job from its beginning to its deletion, in turn."""
    held: list[Claim] = []

    def take(stage: Stage = Stage.DEPTH) -> None:
        held[:] = claim(store, stage)

    return [
        take,
        lambda: store.claims.progress(held[0], 0.5),
        lambda: store.claims.show_rough(held[0], ROUGH),
        lambda: store.claims.hand_back(held[0]),
        take,
        lambda: store.claims.put_off(held[0], 60),
        lambda: store.redis.zadd("relief:put-off", {job_id: 0}),
        lambda: store.upkeep.sweep(attempts=3),
        take,
        lambda: store.claims.finish(held[0], Finished([DEPTH], {})),
        lambda: store.jobs.share(job_id),
        lambda: store.jobs.unshare(job_id),
        lambda: take(Stage.MODEL),
        lambda: store.claims.finish(held[0], Finished((), {"points": 7}, model_name="x")),
        lambda: take(Stage.HEAD),
        lambda: store.claims.fail(held[0], PROBLEM),
        lambda: store.jobs.extend(job_id),
        lambda: store.jobs.retry(job_id, UNLIMITED),
        lambda: store.jobs.cancel(job_id),
        lambda: store.jobs.requeue(job_id, Stage.MODEL, ALL[1:], limits=UNLIMITED, model=ModelOptions(color="photo")),
        lambda: store.jobs.cancel(job_id),
    ]


def test_whatever_happens_to_a_job_is_seen_at_once(store):
    remembered, job_id = RememberedJobs(store.redis), new_job(store, steps=ALL).id
    for number, change in enumerate(changes(store, job_id)):
        before = store.jobs.get(job_id)
        assert remembered.get(job_id) == before, number
        change()
        assert remembered.get(job_id) == store.jobs.get(job_id), number
        assert remembered.page("ann", cursor=None, limit=5) == store.jobs.page("ann", cursor=None, limit=5)
    store.jobs.delete(job_id)
    with pytest.raises(JobNotFoundError):
        remembered.get(job_id)
    assert remembered.page("ann", cursor=None, limit=5).jobs == []


def test_a_record_that_stays_as_it_is_is_read_once(store):
    remembered, job = RememberedJobs(store.redis), new_job(store)
    assert remembered.get(job.id) is remembered.get(job.id)
    assert remembered.page("ann", cursor=None, limit=5).jobs[0] is remembered.get(job.id)
