"""The simulation of bench/scale, against formulas, the real queue, and what must hold of any queue."""

import random
import statistics
from math import factorial

import pytest

from bench.scale.arrivals import Visits, burst, daily, steady
from bench.scale.clock import Clock
from bench.scale.plant import Kind, Plant, Times, one_by_one
from bench.scale.scaling import Rule, Scaler, Starting
from bench.scale.service import Service
from bench.scale.turns import Photo, Turns
from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage
from tests.support.jobs import a_job, claim
from tests.support.simulated import constant, exponential

ONE_EACH = ((1, 1.0),)
DEPTH_ALONE = (Stage.DEPTH,)


def times(depth_s=0.5, model_s=0.2, head_s=1.0, export_s=0.5, **more) -> Times:
    single_s = {Stage.MODEL: constant(model_s), Stage.HEAD: constant(head_s), Stage.EXPORT: constant(export_s)}
    return Times(batch_s=one_by_one(constant(depth_s)), single_s=single_s, **more)


def run(plant: Plant, per_s: float, until_s: float, *, seed=1, **visits) -> Service:
    service = Service(Clock(), plant, random.Random(seed))
    Visits(steady(per_s), per_s, **visits).start(service, random.Random(seed + 1))
    service.clock.run(until_s)
    return service


class DepthAlone(Service):
    """Photos of one stage, so that it is a queue of the textbooks."""

    def send(self, photo: Photo) -> None:
        photo.steps = DEPTH_ALONE
        super().send(photo)


def erlang_wait_s(per_s: float, work_s: float, servers: int) -> float:
    """Mean wait of an M/M/c queue (Erlang C; Kleinrock, Queueing Systems I, ch. 3.4)."""
    load = per_s * work_s
    last = load**servers / factorial(servers) * servers / (servers - load)
    waits = last / (sum(load**k / factorial(k) for k in range(servers)) + last)
    return waits * work_s / (servers - load)


@pytest.mark.parametrize(("workers", "per_s"), [(1, 1.2), (4, 5.6)])
def test_one_stage_waits_as_the_queueing_formula_says(workers, per_s):
    plant = Plant(Times(one_by_one(exponential(0.5)), {}), depth_workers=workers, model_workers=0, most_in_batch=1)
    service = DepthAlone(Clock(), plant, random.Random(1))
    Visits(steady(per_s), per_s, ONE_EACH).start(service, random.Random(2))
    service.clock.run(12_000 / per_s)
    waits = [photo.taken_s - photo.sent_s for photo in service.photos if photo.ended_s < float("inf")]
    assert statistics.mean(waits) == pytest.approx(erlang_wait_s(per_s, 0.5, workers), rel=0.1)


def test_the_formula_agrees_with_a_hand_worked_queue():
    assert erlang_wait_s(1.0, 0.5, 1) == pytest.approx(0.5)  # load 1/2: rho / (mu - lambda)
    assert erlang_wait_s(1.0, 1.0, 2) == pytest.approx(1 / 3)


def test_as_many_are_in_the_system_as_come_while_one_is_in_it():
    service = Service(Clock(), Plant(times(), depth_workers=2, model_workers=4), random.Random(1))
    Visits(steady(1.0), 1.0).start(service, random.Random(2))
    seen = []
    service.clock.every(1.0, lambda: seen.append(sum(photo.ended_s == float("inf") for photo in service.photos[-400:])))
    service.clock.run(3000)
    ended = [photo for photo in service.photos if photo.ended_s < float("inf")]
    per_s, stay_s = len(ended) / 3000, statistics.mean(photo.ended_s - photo.sent_s for photo in ended)
    assert statistics.mean(seen) == pytest.approx(per_s * stay_s, rel=0.03)  # Little's law


def test_no_photo_is_lost_or_made_while_workers_die():
    plant = Plant(times(), depth_workers=3, model_workers=8, deaths_per_s=1 / 100, restart_s=5)
    service = run(plant, 1.0, 2000)
    service.clock.every(1, lambda: None)
    sent = len(service.photos)
    running = sum(len(worker.held) for workers in service.workers.values() for worker in workers)
    assert service.recovered > 20
    ended = sum(photo.ended_s < float("inf") for photo in service.photos)
    waiting = sum(turns.waiting for turns in service.turns.values())
    assert 0 <= sent - ended - waiting - running - service.failed < 20  # some wait for a lease to run out


def test_photos_are_claimed_in_the_order_of_the_real_queue(store):
    chance = random.Random(7)
    turns, numbers = Turns(), {}
    for step in range(300):
        if chance.random() < 0.6:
            owner = chance.randrange(12)
            group = owner // 3
            photo = Photo(owner, group, 0.0, place=step)
            turns.add(photo)
            job = store.jobs.create(a_job(f"owner {owner}", group=f"group {group}"), UNLIMITED)
            numbers[job.id] = step
        else:
            limit = chance.choice((1, 2, 8))
            real = [numbers[each.job.id] for each in claim(store, limit=limit)]
            assert [photo.place for photo in turns.claim(limit)] == real


def test_a_photo_whose_worker_died_is_taken_alone():
    turns = Turns()
    first, retried, last = (Photo(owner, owner, 0.0, place=owner, attempt=owner == 1) for owner in range(3))
    for photo in (first, retried, last):
        turns.add(photo)
    assert turns.claim(8) == [first]
    assert turns.claim(8, take_retried=False) == []
    assert turns.claim(8) == [retried]
    assert turns.claim(8) == [last]


def test_points_do_not_wait_for_heads_and_meshes():
    service = Service(Clock(), Plant(times(), depth_workers=8, model_workers=1), random.Random(1))
    burst(service, 0, 40, owners=40)
    service.clock.run(1000)
    assert max(photo.points_s for photo in service.photos) < statistics.median(p.ended_s for p in service.photos)


def test_a_quick_network_takes_batches_of_up_to_eight_and_a_slow_one_single_photos():
    quick, slow = (
        Service(Clock(), Plant(times(depth_s), model_workers=0), random.Random(1)) for depth_s in (0.02, 0.4)
    )
    for service in (quick, slow):
        burst(service, 0, 100, owners=100)
        service.clock.run(1000)
    assert dict(quick.depth.batches) == {1: 1, 8: 12, 3: 1}  # the first is to learn how quick it is
    assert dict(slow.depth.batches) == {1: 100}


def test_a_burst_of_one_user_does_not_hold_up_another():
    service = Service(Clock(), Plant(times(), model_workers=4), random.Random(1))
    burst(service, 0, 100, owners=1)
    burst(service, 5, 1, owners=1, first_owner=7)
    service.clock.run(1000)
    stranger = service.photos[-1]
    assert stranger.taken_s - stranger.sent_s < 1.1


def test_visits_follow_the_day_and_bring_their_photos():
    service = Service(Clock(), Plant(times(), depth_workers=0, model_workers=0), random.Random(1))
    Visits(daily(2.0, 0.8, period_s=1000), 3.6, ((1, 0.5), (3, 0.5))).start(service, random.Random(2))
    service.clock.run(1000)
    by_quarter = [sum(i * 250 <= photo.sent_s < (i + 1) * 250 for photo in service.photos) for i in range(4)]
    assert sum(by_quarter) == pytest.approx(2.0 * 2.0 * 1000, rel=0.1)
    assert min(by_quarter[1:3]) > 2.5 * max(by_quarter[0], by_quarter[3])


@pytest.mark.parametrize(
    ("waiting_s", "busy", "pods"), [(0, 0, 1), (10, 0, 1), (10.1, 0, 2), (5, 7, 10), (9999, 0, 50)]
)
def test_pods_are_wanted_for_waiting_work_and_for_the_work_that_goes_on(waiting_s, busy, pods):
    assert Rule(threshold_s=10, most=50, busy_share=0.7).wanted(waiting_s, busy) == pods


def test_pods_come_with_work_after_their_start_and_go_after_the_cooldown():
    service = Service(Clock(), Plant(times(depth_s=1.0), depth_workers=1, model_workers=0), random.Random(1))
    rule = Rule(threshold_s=10, busy_share=None, cooldown_s=300, poll_every_s=30)
    Scaler(service, Kind.DEPTH, rule, Starting((20, 20), (100, 100), per_node=1), random.Random(2))
    burst(service, 25, 100, owners=100)
    counted = {}
    for at_s in (179, 181, 359, 500):
        service.clock.after(at_s, lambda at_s=at_s: counted.update({at_s: len(service.workers[Kind.DEPTH])}))
    service.clock.run(1000)
    assert counted == {179: 1, 181: 8, 359: 8, 500: 1}  # asked at 60 s, of 79 s of work


def test_pods_stay_while_there_is_as_much_work_as_before_though_nothing_waits():
    fewest = {}
    for busy_share in (None, 0.8):
        service = Service(Clock(), Plant(times(depth_s=1.0), depth_workers=6, model_workers=0), random.Random(1))
        rule = Rule(threshold_s=30, busy_share=busy_share, cooldown_s=300, poll_every_s=15)
        Scaler(service, Kind.DEPTH, rule, Starting((20, 20), (100, 100)), random.Random(2))
        Visits(steady(4.0), 4.0, ONE_EACH).start(service, random.Random(3))
        counted = []
        service.clock.every(
            10, lambda service=service, counted=counted: counted.append(len(service.workers[Kind.DEPTH]))
        )
        service.clock.run(1500)
        fewest[busy_share] = min(counted)
    assert fewest == {None: 1, 0.8: 5}
