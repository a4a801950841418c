"""The queue of deliveries: filled when jobs end, shared among owners, taken over from workers that died."""

import json
import time

import pytest

from shared.jobs.keys import Key
from shared.webhooks.queue import ATTEMPTS, RETRIES_S, DeliveryQueue
from tests.support.jobs import new_job
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
            [(_, due_ms)] = store.redis.zrange("relief:news-turns", 0, -1, withscores=True)
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


def everything_in(redis) -> bytes:
    """All keys of Redis with their values."""
    return b"\n".join(key + redis.dump(key) for key in redis.scan_iter())


@pytest.mark.parametrize("end", ["deleted", "expired"])
def test_what_waits_to_be_delivered_goes_with_its_job(store, end):
    job_id = finish_job_with_webhook(store, "http://a.example/path")
    other = finish_job_with_webhook(store, "http://a.example/other")
    queue = DeliveryQueue(store.redis)
    queue.retry_later(queue.take(), silent=True)
    if end == "deleted":
        store.jobs.delete(job_id)
    else:
        store.redis.zadd(Key.EXPIRES, {job_id: 0})
        assert store.upkeep.expire() == [job_id]
    due_now(store)
    delivery = queue.take()
    assert (delivery.url, queue.take()) == ("http://a.example/other", None)
    queue.remove(delivery)
    store.jobs.delete(other)
    assert keys_of_deliveries(store) == []
    everything = everything_in(store.redis)
    assert b"a.example" not in everything and SECRET.encode() not in everything


@pytest.mark.parametrize("outcome", ["delivered", "failed", "its worker died"])
def test_a_delivery_in_flight_is_not_repeated_when_its_job_is_deleted(store, outcome):
    job_id = finish_job_with_webhook(store, "http://a.example/path")
    queue = DeliveryQueue(store.redis)
    delivery = queue.take()
    store.jobs.delete(job_id)
    everything = everything_in(store.redis)
    assert b"a.example" not in everything and SECRET.encode() not in everything
    if outcome == "delivered":
        queue.remove(delivery)
    elif outcome == "failed":
        queue.retry_later(delivery, silent=True)
    else:
        in_flight_too_long(store)
    assert queue.take() is None
    assert keys_of_deliveries(store) == []


def test_deleting_jobs_makes_no_room_for_more_deliveries_in_flight(store):
    queue = DeliveryQueue(store.redis)
    for number in range(20):
        job_id = finish_job_with_webhook(store, f"http://{number}.example/")
        queue.take()
        store.jobs.delete(job_id)
    finish_job_with_webhook(store, "http://last.example/")
    assert queue.take() is None
    in_flight_too_long(store)
    assert queue.take().url == "http://last.example/"


def test_an_owner_with_many_hosts_has_few_deliveries_in_flight_and_holds_up_nobody(store):
    for number in range(50):
        finish_job_with_webhook(store, f"http://{number}.example/")
    queue = DeliveryQueue(store.redis)
    taken = [queue.take() for _ in range(3)]
    finish_job_with_webhook(store, "http://bob.example/", owner="bob")
    time.sleep(0.01)  # turns are told apart by the millisecond
    while (delivery := queue.take()) and delivery.group != "bob":
        taken.append(delivery)
    assert delivery.url == "http://bob.example/"
    assert len(taken) <= 4
    while delivery := queue.take():
        taken.append(delivery)
    assert len(taken) == 8
    queue.remove(taken[0])
    assert queue.take().group == "ann"
    assert queue.take() is None


def test_all_visitors_of_an_address_count_as_one(store):
    for number in range(25):
        hook = {"owner": f"cookie{number}", "group": "address-192.0.2.1"}
        finish_job_with_webhook(store, f"http://{number}.example/", **hook)
    queue = DeliveryQueue(store.redis)
    taken = []
    while delivery := queue.take():
        taken.append(delivery.group)
    assert taken == ["address-192.0.2.1"] * 8


def test_owners_take_turns_and_the_hosts_of_each_too(store):
    for number in range(6):
        finish_job_with_webhook(store, f"http://{number % 3}.example/")
    finish_job_with_webhook(store, "http://0.example/", owner="bob")
    finish_job_with_webhook(store, "http://1.example/", owner="bob")
    queue, order = DeliveryQueue(store.redis), []
    while delivery := queue.take():
        order.append(f"{delivery.group} {delivery.url[7]}")
        time.sleep(0.01)
        queue.remove(delivery)
    assert order == ["ann 0", "bob 0", "ann 1", "bob 1", "ann 2", "ann 0", "ann 1", "ann 2"]


def test_a_host_that_was_silent_is_left_alone_for_longer_each_time_and_by_one_owner_only(store):
    for owner in ("ann", "ann", "bob"):
        finish_job_with_webhook(store, "http://a.example/", owner=owner)
    queue = DeliveryQueue(store.redis)
    waits = []
    for times in range(4):
        delivery = queue.take()
        assert (delivery.group, delivery.silent) == ("ann", times)
        if times == 0:
            assert queue.take().group == "bob"
        waits.append(queue.retry_later(delivery, silent=True))
        assert queue.take() is None  # nor the owner's other delivery to it
        due_now(store)
    assert waits[0] >= 10 and waits[-1] > 2 * waits[0]
    queue.remove(queue.take())  # it has answered
    due_now(store)
    assert queue.take().silent == 0


@pytest.mark.parametrize(("limited", "most"), [("group ann", 1000), ("host http://0.example", 5000)])
def test_what_waits_is_bounded_for_an_owner_and_for_a_host(store, limited, most):
    first = finish_job_with_webhook(store, "http://0.example/")
    assert int(store.redis.hget("relief:news-waiting", limited)) == 1
    store.redis.hset("relief:news-waiting", limited, most - 1)  # so many wait
    for _ in range(3):
        finish_job_with_webhook(store, "http://0.example/")
    assert len(store.redis.keys("relief:news:*")) == 2
    assert store.statistics.counters()[f"webhooks_refused:{limited.split()[0]}"] == 2
    assert (store.upkeep.refused_webhooks(), store.upkeep.refused_webhooks()) == (2, 0)
    finish_job_with_webhook(store, "http://1.example/", owner="bob")
    store.jobs.delete(first)
    finish_job_with_webhook(store, "http://0.example/")
    assert len(store.redis.keys("relief:news:*")) == 3


@pytest.mark.parametrize("there", [True, False])
def test_a_delivery_that_an_older_release_queued_is_taken_where_its_job_is_there(store, there):
    job_id = new_job(store).id
    row = {"job": job_id, "state": "failed", "at_ms": 1700000000000, "url": "http://a.example/hook", "secret": SECRET}
    store.redis.hset("relief:news:7", mapping=row | {"link": LINK, "host": "http://a.example", "attempt": 0})
    store.redis.zadd("relief:letters:http://a.example", {"7": 1700000000000})
    store.redis.zadd("relief:news", {"http://a.example": 1700000000000})
    if not there:
        store.jobs.delete(job_id)
    store.upkeep.adopt_webhooks()
    queue = DeliveryQueue(store.redis)
    if there:
        delivery = queue.take()
        assert (delivery.id, delivery.url, delivery.secret) == (f"{job_id}-7", "http://a.example/hook", SECRET)
        assert json.loads(delivery.body)["event"] == "job.failed"
        queue.remove(delivery)
    assert queue.take() is None
    assert keys_of_deliveries(store) == []
