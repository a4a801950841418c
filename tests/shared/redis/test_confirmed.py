"""What is acknowledged or deleted for once replicas have it, and what happens while they have not."""

import pytest

from shared.jobs.limits import UNLIMITED
from shared.jobs.new_job import Idempotency
from shared.jobs.record import Stage, State
from shared.redis.confirmed import NotConfirmedError
from shared.redis.connection import connect
from shared.removals import Removals
from shared.storage.folder import FolderStorage
from tests.support.jobs import NOTHING, Store, a_job, claim, finish, new_job
from tests.support.sentinels import replica_of
from tests.support.sweeping import retry_now
from web.keys import Keys


@pytest.fixture
def wanting(store, redis_url):
    """Records that want a replica's confirmation."""
    redis = connect(f"{redis_url}?replicas=1")
    yield Store.of(redis)
    redis.close()


def test_without_a_replica_nothing_that_a_user_is_told_is_answered(store, wanting, monkeypatch):
    monkeypatch.setattr("shared.redis.confirmed.CONFIRMED_WITHIN_MS", 20)
    ended, running, waiting = (new_job(store, steps=[Stage.DEPTH]) for _ in range(3))
    finish(store, Stage.DEPTH)
    [held] = claim(store)
    for ask in (
        lambda: new_job(wanting),
        lambda: wanting.jobs.requeue(ended.id, Stage.DEPTH, [Stage.DEPTH], limits=UNLIMITED),
        lambda: wanting.jobs.share(ended.id),
        lambda: wanting.jobs.unshare(ended.id),
        lambda: wanting.jobs.extend(ended.id),
        lambda: wanting.claims.finish(held, NOTHING),
        lambda: wanting.jobs.cancel(waiting.id),
        lambda: wanting.jobs.delete(waiting.id),
        lambda: wanting.jobs.missing(["feed" * 8]),
        lambda: wanting.upkeep.expire(),
        lambda: Keys(wanting.redis).create("ann"),
        lambda: Keys(wanting.redis).revoke("ann"),
    ):
        with pytest.raises(NotConfirmedError, match="0 of 1"):
            ask()
    assert store.jobs.get(running.id).state == State.SUCCEEDED  # it was done all the same


def test_a_repeat_is_confirmed_only_once_the_replica_has_what_the_first_wrote(store, wanting, redis_url, tmp_path):
    keyed = {"idempotency": Idempotency("key", "body")}
    with replica_of(redis_url, tmp_path) as replica:
        replica.freeze()
        for number in range(2):  # the second finds the job of the first, and writes nothing
            with pytest.raises(NotConfirmedError):
                wanting.jobs.create(a_job(**keyed), UNLIMITED)
            assert store.redis.zcard("relief:jobs") == 1, number
        replica.thaw()
        made = wanting.jobs.create(a_job(**keyed), UNLIMITED)
        with replica.ask() as behind:
            assert behind.zrange("relief:jobs", 0, -1) == [made.id.encode()]


def test_files_stay_until_a_replica_knows_that_they_count_no_more(store, wanting, redis_url, tmp_path):
    storage, job = FolderStorage(tmp_path / "data"), new_job(store)
    storage.write(job.id, "photo", "photo.jpg", b"photo")
    store.jobs.cancel(job.id)
    retry_now(store)
    removals = Removals(wanting.redis, storage)
    with pytest.raises(NotConfirmedError):
        removals.retry()
    assert storage.folders(job.id) == ["photo"]
    with replica_of(redis_url, tmp_path):
        assert removals.retry() == 0
    assert storage.folders(job.id) == []


def test_a_replica_that_has_left_is_wanted_for_a_while(redis_url, monkeypatch):
    with connect(f"{redis_url}?replicas=1") as client:
        wanted = [client.wanted_replicas()]
        for seen in (2, 1, 1, 2, 1):
            client.saw_replicas(seen)
            wanted.append(client.wanted_replicas())
        assert wanted == [1, 2, 2, 2, 2, 2]
        monkeypatch.setattr("shared.redis.connection.REPLICA_MISSED_S", -1.0)
        assert client.wanted_replicas() == 1
        client.saw_replicas(1)
        assert client.wanted_replicas() == 1


def test_a_version_that_a_failover_has_forgotten_comes_no_second_time(store):
    job = new_job(store)
    forgotten = store.jobs.extend(job.id).version
    store.redis.hset(f"relief:job:{job.id}", "version", job.version)
    assert job.version < forgotten < store.jobs.extend(job.id).version < 2**53
    ahead = 2**52
    store.redis.hset(f"relief:job:{job.id}", "version", ahead)  # the clock of another server
    assert store.jobs.extend(job.id).version == ahead + 1
