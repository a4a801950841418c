"""The queue of deliveries: filled when jobs end, one in flight for each host, taken over from workers that died."""

import json
import time

import pytest

from shared.webhooks.queue import ATTEMPTS, RETRIES_S, DeliveryQueue
from tests.support.webhooks import (
    LINK,
    SECRET,
    due_now,
    finish_job,
    finish_job_with_webhook,
    in_flight_too_long,
    job_with_webhook,
    keys_of_deliveries,
)


def test_a_delivery_says_which_job_ended_how_and_when(store):
    job_id = job_with_webhook(store, "http://a.example/")
    queue = DeliveryQueue(store.redis)
    assert queue.take() is None
    finish_job(store)
    delivery = queue.take()
    assert (delivery.url, delivery.secret, delivery.attempt) == ("http://a.example/", SECRET, 1)
    message = json.loads(delivery.body)
    assert abs(message.pop("at_ms") / 1000 - time.time()) < 10
    assert message == {"event": "job.succeeded", "job": job_id, "state": "succeeded", "link": LINK}
    queue.remove(delivery)
    assert keys_of_deliveries(store) == []


def test_an_end_that_the_webhook_does_not_ask_for_is_not_delivered(store):
    store.jobs.cancel(job_with_webhook(store, "http://a.example/", events=("failed",)))
    assert DeliveryQueue(store.redis).take() is None


def test_hosts_take_turns_with_one_delivery_in_flight_for_each(store):
    hosts = ["http://a.example", "http://A.example", "http://a.example", "http://a.example:81", "https://a.example"]
    for number, host in enumerate(hosts):
        finish_job_with_webhook(store, f"{host}/{number}?x")
    queue = DeliveryQueue(store.redis)
    first, second, third = (queue.take() for _ in range(3))
    assert [delivery.url[-3] for delivery in (first, second, third)] == ["0", "3", "4"]
    assert queue.take() is None
    queue.remove(first)
    finish_job_with_webhook(store, "http://b.example/5?x")
    finish_job_with_webhook(store, "http://a.example/6?x")
    fourth, fifth = queue.take(), queue.take()
    assert sorted(delivery.url[-3] for delivery in (fourth, fifth)) == ["1", "5"]
    assert queue.take() is None
    for delivery in (fourth, fifth, second, third):
        queue.remove(delivery)
    for url in ("http://a.example/2?x", "http://a.example/6?x"):
        delivery = queue.take()
        assert delivery.url == url
        queue.remove(delivery)
    assert keys_of_deliveries(store) == []


def test_a_host_that_had_its_turn_is_behind_those_that_wait(store):
    for url in ("http://a.example/1", "http://a.example/2", "http://b.example/3"):
        finish_job_with_webhook(store, url)
    queue, order = DeliveryQueue(store.redis), []
    while delivery := queue.take():
        order.append(delivery.url[-1])
        time.sleep(0.01)
        queue.remove(delivery)
    assert order == ["1", "3", "2"]


def test_a_failed_delivery_is_tried_again_later_each_time_under_the_same_id_and_then_removed(store):
    finish_job_with_webhook(store, "http://a.example/")
    queue, ids = DeliveryQueue(store.redis), set()
    for attempt, wait_s in enumerate((*RETRIES_S, None), start=1):
        delivery = queue.take()
        ids.add(delivery.id)
        assert delivery.attempt == attempt
        assert queue.retry_later(delivery) == wait_s
        if wait_s:
            [(_, due_ms)] = store.redis.zrange("relief:news", 0, -1, withscores=True)
            assert wait_s - 2 < due_ms / 1000 - time.time() < wait_s + 2
            assert queue.take() is None
            due_now(store)
    assert len(ids) == 1
    assert keys_of_deliveries(store) == []


def test_a_new_delivery_does_not_wait_for_one_to_the_same_host_that_is_tried_again_later(store):
    finish_job_with_webhook(store, "http://a.example/1")
    queue = DeliveryQueue(store.redis)
    queue.retry_later(queue.take())
    finish_job_with_webhook(store, "http://a.example/2")
    delivery = queue.take()
    assert delivery.url == "http://a.example/2"
    queue.remove(delivery)
    assert queue.take() is None
    due_now(store)
    assert queue.take().url == "http://a.example/1"


@pytest.mark.parametrize("delivered", [True, False])
def test_a_worker_that_took_too_long_has_no_effect_on_a_delivery_that_another_took_over(store, delivered):
    finish_job_with_webhook(store, "http://a.example/")
    queue = DeliveryQueue(store.redis)
    late = queue.take()
    in_flight_too_long(store)
    taken_over = queue.take()
    assert (taken_over.id, taken_over.attempt) == (late.id, 2)
    (queue.remove if delivered else queue.retry_later)(late)
    assert queue.take() is None  # still in flight
    queue.remove(taken_over)
    assert keys_of_deliveries(store) == []


def test_each_worker_that_dies_uses_up_an_attempt(store):
    finish_job_with_webhook(store, "http://a.example/")
    queue = DeliveryQueue(store.redis)
    for attempt in range(1, ATTEMPTS + 2):
        delivery = queue.take()
        assert delivery.attempt == attempt
        assert queue.take() is None
        in_flight_too_long(store)
    assert queue.retry_later(delivery) is None
    assert keys_of_deliveries(store) == []


def test_a_delivery_that_an_older_release_queued_is_taken(store):
    row = {"job": "1f", "state": "failed", "at_ms": 1700000000000, "url": "http://a.example/hook", "secret": SECRET}
    store.redis.hset("relief:news:7", mapping=row | {"link": LINK, "host": "http://a.example", "attempt": 0})
    store.redis.zadd("relief:letters:http://a.example", {"7": 1700000000000})
    store.redis.zadd("relief:news", {"http://a.example": 1700000000000})
    queue = DeliveryQueue(store.redis)
    delivery = queue.take()
    assert (delivery.id, delivery.url, delivery.secret) == ("1f-7", "http://a.example/hook", SECRET)
    assert json.loads(delivery.body)["event"] == "job.failed"
    queue.remove(delivery)
    assert keys_of_deliveries(store) == []
