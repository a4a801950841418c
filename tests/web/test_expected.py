"""What a job says of the time, on a real Valkey, and how it compares with what comes true."""

import threading
import time

import pytest

from shared.jobs.claims import Finished
from shared.jobs.record import Stage
from shared.jobs.statistics import LISTED
from shared.jobs.wakeups import WakeUps, celery_app
from shared.jobs.workers import Workers
from shared.redis.clock import RedisClock
from shared.storage.folder import FolderStorage
from tests.support.jobs import BOTH, Store, claim, new_job
from tests.support.stages import RampNetwork, queue_job
from web.expected import Expected
from worker.stages.runner import StageRunner

DEPTH = (Stage.DEPTH,)
PHOTO_S = 0.2
PHOTOS = 10
AT_LEAST_S = 1.0  # of what is left: less says little of a factor, on a machine that does other things too
STEP_S = 0.05


@pytest.fixture
def expected(store: Store) -> Expected:
    for stage in BOTH:
        Workers(store.redis).announce(stage, f"{stage}:1")
    return Expected(store.statistics, RedisClock(store.redis), 8)


def measure(store: Store, seconds: float, steps=DEPTH) -> None:
    """Have one job done that took so long in each of its stages."""
    new_job(store, steps=steps)
    for stage in steps:
        store.claims.finish(claim(store, stage)[0], Finished((), {}, own_s=seconds))


def test_nothing_is_expected_before_any_stage_has_run_and_after_the_end(store, expected):
    job = new_job(store, steps=DEPTH)
    assert expected.seconds(job) is None
    store.claims.finish(claim(store)[0], Finished((), {}, own_s=4))
    assert expected.seconds(store.jobs.get(job.id)) is None
    time.sleep(0.2)  # longer than the pause after a forecast
    assert expected.seconds(new_job(store, steps=DEPTH)) == pytest.approx(4, abs=2)


def test_each_new_job_is_told_at_once_behind_those_before_it(store, expected):
    measure(store, 4)
    said = []
    for _ in range(3):
        said.append(expected.seconds(new_job(store, steps=DEPTH)))
        time.sleep(0.1)  # longer than the pause after a forecast
    assert said == [pytest.approx(4 * (number + 1), abs=2) for number in range(3)]


@pytest.mark.parametrize("ahead", (0, LISTED + 4))
def test_many_who_ask_cost_one_forecast(store, expected, ahead):
    measure(store, 4)
    job = [new_job(store, steps=DEPTH) for _ in range(ahead + 1)][-1]
    assert expected.seconds(job, ahead) == pytest.approx(4 * (ahead + 1), abs=3)
    before = store.redis.info("commandstats")["cmdstat_evalsha"]["calls"]
    began = time.monotonic()
    for _ in range(200):
        expected.seconds(job, ahead)
    forecasts = store.redis.info("commandstats")["cmdstat_evalsha"]["calls"] - before
    assert forecasts <= 1 + (time.monotonic() - began) / 0.5


def test_progress_goes_by_time_never_backwards_and_never_to_the_end(store, expected):
    measure(store, 2)
    job = new_job(store, steps=DEPTH)
    assert expected.progress(job) == 0
    [held] = claim(store)
    seen = []
    for fraction in (0.0, 0.0, 0.0, 0.6, 0.6, 0.6, 0.6, 0.6):
        store.claims.progress(held, fraction)
        seen.append(expected.progress(store.jobs.get(job.id)))
        store.redis.hincrby(f"relief:job:{job.id}", "started_ms", -600)  # as if it had taken so long
    assert seen == sorted(seen) and seen[2] > 0.1 and seen[3] >= 0.6 and seen[-1] < 1
    store.claims.finish(held, Finished((), {}))
    assert expected.progress(store.jobs.get(job.id)) == 1


def test_time_moves_progress_at_most_twice_a_second(store, expected):
    measure(store, 1)
    new_job(store, steps=DEPTH)
    [held] = claim(store)
    began, seen = time.monotonic(), set()
    while len(seen) < 3:
        seen.add(expected.progress(held.job))
    assert time.monotonic() - began > 0.4  # the first two may be close


def test_a_batch_of_a_stage_is_half_done_after_half_of_its_time(store, expected):
    measure(store, 10, BOTH)
    jobs = [new_job(store) for _ in range(2)]
    claim(store, limit=2)
    for job in jobs:
        store.redis.hincrby(f"relief:job:{job.id}", "started_ms", -10_000)
    now = [store.jobs.get(job.id) for job in jobs]
    half_of_depth = 0.95 * 0.5 * 7 / 9
    assert [expected.progress(job) for job in now] == [pytest.approx(half_of_depth, abs=0.05)] * 2
    assert sorted(expected.seconds(job) for job in now) == [pytest.approx(20, abs=2), pytest.approx(30, abs=2)]


def test_what_is_said_comes_true_while_many_photos_wait_and_a_stranger_comes(store, expected, settings):
    storage = FolderStorage(settings.data)
    network = RampNetwork(lambda photos: time.sleep(PHOTO_S * len(photos)))
    chosen = settings.model_copy(update={"depth_model": "portrait"})
    runner = StageRunner(store.redis, storage, WakeUps(celery_app(settings.redis_url)), chosen, load=lambda _: network)
    for _ in range(3):
        queue_job(store, storage)
        runner.run(Stage.DEPTH)  # what it takes is known from then on
    jobs = [queue_job(store, storage, owner="ann") for _ in range(PHOTOS)]
    jobs.append(queue_job(store, storage, owner="bob"))
    working = threading.Thread(target=runner.run, args=(Stage.DEPTH,))
    working.start()
    told: dict[str, list[tuple[float, float]]] = {job.id: [] for job in jobs}  # when, and what
    while working.is_alive():
        for job in jobs:
            said = expected.seconds(store.jobs.get(job.id))
            if said is not None:
                told[job.id].append((time.time(), said))
        time.sleep(STEP_S)
    for job in jobs:
        ended_s = (store.jobs.get(job.id).finished_ms or 0) / 1000
        for at_s, said in told[job.id]:
            left_s = ended_s - at_s
            assert left_s < AT_LEAST_S or left_s / 4 < said < 4 * left_s, (left_s, told[job.id])
    assert all(told.values())
