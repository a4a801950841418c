"""Redis's clock, told without asking it each time."""

import time

from shared.redis.clock import RedisClock


def test_it_is_redis_time_asked_for_once(store):
    clock = RedisClock(store.redis)
    first = clock.now_ms()
    seconds, microseconds = store.redis.time()
    assert abs(1000 * seconds + microseconds / 1000 - first) < 1000
    calls = store.redis.info("commandstats")["cmdstat_time"]["calls"]
    time.sleep(0.02)
    assert 20 <= clock.now_ms() - first < 2000
    assert store.redis.info("commandstats")["cmdstat_time"]["calls"] == calls
