"""Jobs while the primary of three Redis servers ends: none that was acknowledged is lost, none counts twice."""

import time
from collections.abc import Iterator

import httpx
import pytest
from redis import Redis
from redis.exceptions import RedisError

from shared.jobs.keys import Key
from shared.redis.confirmed import NotConfirmedError
from shared.redis.connection import connect
from stack.local import Plan, Stack, is_ready
from stack.processes import wait_until
from tests.support.failing_over import FRONTS, USERS, assert_each_job_once, loaded
from tests.support.following import API
from tests.support.invariants import wait_for
from tests.support.jobs import Store, all_jobs, new_job
from tests.support.sentinels import Node, Replicated, replicated

SOME = 15  # jobs, so that all are at work


@pytest.fixture
def redis(tmp_path) -> Iterator[Replicated]:
    with replicated(tmp_path / "replicated") as running:
        yield running


def test_a_killed_primary_takes_no_job_with_it_and_comes_back_as_a_replica(redis, tmp_path):
    with loaded(redis.url, tmp_path / "data") as (load, store, storage):
        load.wait_for_more(SOME)
        primary = redis.primary()
        primary.kill()
        load.wait_for_more(SOME)
        assert redis.primary() is not primary
        primary.start()
        load.wait_for_more(SOME)
        assert_each_job_once(load, store, storage)
    wait_until("the one that comes back", lambda: role(primary) == "slave")


def role(server: Node) -> str | None:
    try:
        with server.ask() as redis:
            return redis.info("replication")["role"]
    except RedisError:
        return None


def test_what_a_frozen_primary_says_when_it_wakes_up_beside_another_counts_for_nothing(redis, tmp_path):
    with loaded(redis.url, tmp_path / "data") as (load, store, storage):
        load.wait_for_more(SOME)
        primary = redis.primary()
        primary.freeze()
        redis.wait_for_another(primary)
        load.wait_for_more(SOME)
        primary.thaw()
        load.wait_for_more(SOME)
        assert_each_job_once(load, store, storage)
    wait_until("a replica in place of a second primary", lambda: role(primary) == "slave")


def test_fronts_and_workers_leave_a_primary_that_only_they_still_reach(redis, tmp_path):
    with loaded(redis.url, tmp_path / "data") as (load, store, storage):
        load.wait_for_more(SOME)
        primary = redis.primary()
        with primary.ask() as parted:
            part(parted)
            redis.wait_for_another(primary)
            load.wait_for_more(SOME)
            wait_until("the fronts to listen to the other", lambda: listeners(redis.primary()) == FRONTS)
            assert parted.pubsub_numsub(Key.CHANGED) == [(Key.CHANGED.encode(), 0)]
            parted.config_set("requirepass", primary.password)
        load.wait_for_more(SOME)
        assert_each_job_once(load, store, storage)


def part(primary: Redis) -> None:
    """Sentinels and replicas get no further answer; whoever else is connected does."""
    primary.config_set("requirepass", "another")
    for connected in primary.client_list():
        if connected["name"].startswith("sentinel-") or "S" in connected["flags"]:
            primary.client_kill_filter(_id=connected["id"])


def listeners(server: Node) -> int:
    with server.ask() as redis:
        return redis.pubsub_numsub(Key.CHANGED)[0][1]


def test_what_a_primary_took_that_no_replica_had_was_not_acknowledged(redis, tmp_path):
    with loaded(redis.url, tmp_path / "data") as (load, store, storage):
        load.wait_for_more(SOME)
        primary = redis.primary()
        redis.cut_links()
        refused = load.answers[503]
        wait_until("each user to be refused", lambda: load.answers[503] >= refused + USERS)
        known = set(load.acknowledged.values())
        with primary.ask() as cut_off:
            taken = {job_id.decode() for job_id in cut_off.zrange("relief:jobs", 0, -1)}
        primary.kill()
        redis.mend_links(primary)
        redis.wait_for_another(primary)
        load.wait_for_more(SOME)
        primary.start()
        kept = {job.id for job in all_jobs(store)}
        assert known <= kept
        assert taken - kept  # so something was lost indeed
        assert_each_job_once(load, store, storage)


def test_a_primary_that_goes_on_just_as_another_takes_over_acknowledges_nothing_alone(redis, tmp_path):
    with loaded(redis.url, tmp_path / "data") as (load, store, storage):
        load.wait_for_more(SOME)
        primary, replicas = redis.primary(), redis.replicas()
        primary.freeze()
        wait_for("another primary", lambda: "master" in map(role, replicas))
        primary.thaw()  # and the third server still follows it
        load.wait_for_more(SOME)
        assert_each_job_once(load, store, storage)


def test_a_replica_that_stays_away_is_missed_for_seconds_only(redis):
    with connect(redis.url) as client:
        store = Store.of(client)
        new_job(store)
        redis.replicas()[0].kill()
        with pytest.raises(NotConfirmedError, match="1 of 2"):
            new_job(store)
        wait_for("a job that the other alone confirms", lambda: is_made(store))


def is_made(store: Store) -> bool:
    try:
        return bool(new_job(store))
    except NotConfirmedError:
        return False


def test_a_failover_that_is_asked_for_loses_nothing_either(redis, tmp_path):
    with loaded(redis.url, tmp_path / "data") as (load, store, storage):
        load.wait_for_more(SOME)
        primary = redis.primary()
        redis.fail_over("COORDINATED")
        redis.wait_for_another(primary)
        load.wait_for_more(SOME)
        assert_each_job_once(load, store, storage)


def test_the_real_stack_goes_on_after_a_failover(redis, tmp_path, portrait):
    settings = {"REDIS_URL": redis.url, "RELIEF_LEASE": "3", "RELIEF_THREADS": "1"}
    with Stack(Plan(tmp_path / "data", settings=settings)) as stack, httpx.Client(base_url=stack.url) as client:
        made = [upload_until_taken(client, portrait)]
        redis.primary().kill()
        made.append(upload_until_taken(client, portrait))
        wait_until("the stack", lambda: is_ready(stack.url))
        made.append(upload_until_taken(client, portrait))
        records = connect(redis.url)
        store = Store.of(records)
        wait_for("all jobs", lambda: all(store.jobs.get(job_id).ended for job_id in made))
        assert [store.jobs.get(job_id).state for job_id in made] == ["succeeded"] * 3
        records.close()


def upload_until_taken(client: httpx.Client, photo: bytes) -> str:
    deadline = time.monotonic() + 60
    while True:
        answer = client.post(f"{API}/jobs", files={"photo": photo}, data={"steps": "depth"}, timeout=30)
        if answer.status_code == 202:
            return answer.json()["id"]
        assert answer.status_code == 503 and time.monotonic() < deadline, answer.text
        time.sleep(0.2)
