"""Workers on a real Valkey: which are alive, what they have, and the messages that wake them up."""

import json
import logging
import os
import socket

import pytest

from shared.jobs.keys import Key
from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps, celery_app
from shared.jobs.workers import ALIVE_S, GPU_MEMORY_KEPT_S, ModelInfo, Offer, Workers, process_name


@pytest.fixture
def workers(store) -> Workers:
    return Workers(store.redis)


def alive(store, stage: Stage) -> frozenset[bytes]:
    return store.statistics.by_stage()[stage].workers


def test_a_worker_is_named_by_its_host_and_process():
    assert process_name() == f"{socket.gethostname()}:{os.getpid()}"


def test_a_worker_that_is_silent_for_longer_than_it_may_is_forgotten(store, workers):
    now_s, _ = store.redis.time()
    store.redis.zadd("relief:workers:model", {"late": now_s - ALIVE_S - 2, "just": now_s - ALIVE_S + 5})
    workers.announce(Stage.MODEL, "host:1")
    assert alive(store, Stage.MODEL) == {b"host:1", b"just"}
    assert store.redis.zscore("relief:workers:model", "late") is None
    assert alive(store, Stage.DEPTH) == frozenset()


def test_gpu_memory_is_told_by_worker_and_forgotten_with_it(store, workers):
    assert workers.gpu_memory() == {}
    workers.announce_gpu_memory("host:1", 3_000_000_000)
    workers.announce_gpu_memory("host:2", 5)
    assert workers.gpu_memory() == {"host:1": 3_000_000_000, "host:2": 5}
    now_s, _ = store.redis.time()
    store.redis.hset(Key.GPU_MEMORY, "host:1", json.dumps([1, now_s - GPU_MEMORY_KEPT_S - 1]))
    assert workers.gpu_memory() == {"host:2": 5}
    assert store.redis.hkeys(Key.GPU_MEMORY) == [b"host:2"]


def test_depth_models_are_those_that_a_worker_offered_last(workers):
    assert workers.offered() == Offer((), None)
    models = tuple(
        ModelInfo(name, name.title(), "mm", "MIT", ready=True, non_commercial=name == "b") for name in ("a", "b")
    )
    for offer in (Offer(models[:1], None), Offer(models, "a")):
        workers.offer(offer)
        assert workers.offered() == offer


def test_a_wakeup_is_a_message_in_the_queue_of_its_stage_that_carries_no_work(store, redis_url):
    WakeUps(celery_app(redis_url)).send(Stage.HEAD)
    assert store.redis.llen("depth") == store.redis.llen("model") == 0
    [message] = [json.loads(text) for text in store.redis.lrange("head", 0, -1)]
    assert (message["headers"]["task"], message["content-type"]) == ("relief.head", "application/json")
    assert (message["headers"]["argsrepr"], message["headers"]["ignore_result"]) == ("()", True)


def test_a_wakeup_that_cannot_be_sent_is_told_in_the_log_alone(store, redis_url, caplog):
    store.redis.set("model", "no list, which a queue is")
    with caplog.at_level(logging.WARNING):
        WakeUps(celery_app(redis_url)).send(Stage.MODEL)
    assert "could not send a wake-up for model" in caplog.text
