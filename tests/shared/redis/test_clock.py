"""Redis's clock, told without asking it each time."""

import time

from shared.redis.clock import RedisClock
from shared.redis.connection import Client
from tests.support.jobs import Store


def asked(store: Store) -> int:
    """How often Redis was asked for its time."""
    return store.redis.info("commandstats")["cmdstat_time"]["calls"]


def test_it_is_redis_time_asked_for_once(store):
    clock = RedisClock(store.redis)
    first = clock.now_ms()
    seconds, microseconds = store.redis.time()
    assert abs(1000 * seconds + microseconds / 1000 - first) < 1000
    calls = asked(store)
    time.sleep(0.02)
    assert 20 <= clock.now_ms() - first < 2000
    assert asked(store) == calls


def test_after_a_failover_the_other_server_is_asked(store, monkeypatch):
    clock = RedisClock(store.redis)
    clock.now_ms()
    calls = asked(store)
    monkeypatch.setattr(Client, "server", ("another", 6379))
    clock.now_ms()
    clock.now_ms()
    assert asked(store) == calls + 1
