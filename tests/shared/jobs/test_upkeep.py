"""Upkeep on a real Valkey: jobs given up, wake-ups that are missing, and one sweeper at a time."""

from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage, State
from tests.support.jobs import NOTHING, claim, crash, new_job


def test_a_job_is_given_up_after_its_attempts_and_can_be_retried(store):
    job = new_job(store)
    for attempt in (1, 2, 3):
        [claimed] = crash(store)
        assert claimed.job.attempt == attempt
    [given_up] = store.upkeep.given_up()
    assert (given_up.id, given_up.state) == (job.id, State.FAILED)
    assert given_up.error is not None and given_up.error.type == "given-up"
    assert claim(store) == []
    again = store.jobs.retry(job.id, UNLIMITED)
    assert (again.state, again.attempt) == (State.QUEUED, 0)
    assert store.upkeep.given_up() == []
    store.claims.finish(claim(store)[0], NOTHING)
    assert store.jobs.get(job.id).stage is Stage.MODEL


def test_wakeups_are_missing_where_jobs_wait_and_no_message_does(store):
    for _ in range(3):
        new_job(store)
    new_job(store, steps=(Stage.MODEL,))
    store.redis.rpush("model", "a message of Celery")
    assert store.upkeep.missing_wakeups() == {Stage.DEPTH: 3, Stage.MODEL: 0, Stage.HEAD: 0, Stage.EXPORT: 0}


def test_the_sweepers_lock_is_kept_by_the_worker_that_has_it(store):
    assert store.upkeep.lock("host:1")
    assert not store.upkeep.lock("host:2")
    assert 0 < store.redis.ttl("relief:sweeper") <= 5
    assert store.upkeep.lock("host:1")
    assert 0 < store.redis.ttl("relief:sweeper") <= 5


def test_webhooks_that_were_refused_are_told_once(store):
    assert store.upkeep.refused_webhooks() == 0
    store.redis.set("relief:refused-webhooks", 3)
    assert (store.upkeep.refused_webhooks(), store.upkeep.refused_webhooks()) == (3, 0)


def test_a_lock_that_is_kept_lasts_as_long_as_a_new_one(store):
    store.upkeep.lock("host:1")
    store.redis.expire("relief:sweeper", 1)
    assert store.upkeep.lock("host:1")
    assert store.redis.ttl("relief:sweeper") > 1
