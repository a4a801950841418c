"""Three hosts with a Redis and a sentinel each: the one with the primary is cut off, and comes back."""

import threading
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError

from shared.redis.confirmed import NotConfirmedError
from shared.redis.connection import connect
from tests.support.failing_over import assert_each_job_once, loaded
from tests.support.hosts import Host, Network, a_network, require_hosts
from tests.support.jobs import Store, all_jobs, new_job
from tests.support.sentinels import Replicated, replicated

require_hosts()

SOME = 10


@pytest.fixture
def network(tmp_path) -> Iterator[Network]:
    with a_network(tmp_path / "hosts") as network:
        yield network


@pytest.fixture
def redis(network, tmp_path) -> Iterator[Replicated]:
    with network.host("front").inside():
        hosts = [network.host(f"redis{number}") for number in range(3)]
        with replicated(tmp_path / "replicated", places=hosts) as running:
            yield running


class Lonely(threading.Thread):
    """A client on the host that is cut off, who creates jobs there; each refusal is remembered, by its kind."""

    def __init__(self, host: Host, url: str) -> None:
        super().__init__()
        self._host, self._url = host, url
        self.acknowledged: list[str] = []
        self.refusals: set[type[Exception]] = set()
        self.back = threading.Event()

    def run(self) -> None:
        with self._host.inside(), connect(self._url) as redis:
            store = Store.of(redis)
            while not self.back.wait(0.1):
                try:
                    self.acknowledged.append(new_job(store, owner="lonely").id)
                except RedisError as error:
                    self.refusals.add(type(error))


def test_a_host_that_is_cut_off_with_the_primary_acknowledges_nothing_and_the_others_go_on(redis, tmp_path):
    with loaded(redis.url, tmp_path / "data") as (load, store, storage):
        load.wait_for_more(SOME)
        primary = redis.primary()
        lonely = Lonely(primary.place, redis.url)
        primary.place.cut()
        lonely.start()
        redis.wait_for_another(primary)
        load.wait_for_more(SOME)
        lonely.back.set()
        lonely.join()
        assert NotConfirmedError in lonely.refusals
        assert lonely.acknowledged == []
        primary.place.join()
        load.wait_for_more(SOME)
        assert "lonely" not in {job.owner for job in all_jobs(store)}
        assert_each_job_once(load, store, storage)
