"""What bench/scale says of sites, from figures that are easy to work out by hand."""

import random
from dataclasses import replace

import pytest

from bench.scale.calibration import figures_of, predicted, predicted_figures
from bench.scale.limits import limits, parts
from bench.scale.measure import Measured
from bench.scale.plant import Times, in_order, one_by_one
from bench.scale.prices import Prices
from bench.scale.recorded import POINTS, Load, Run, gaps_s, idle_waits_s, recorded
from bench.scale.site import Site, rates_per_s
from bench.scale.trials import number, quantile
from shared.jobs.record import Stage
from tests.support.simulated import constant

MEASURED = Measured(
    day="2026-01-01",
    stages_s={"depth": 0.8, "model": 0.25, "head": 1.25, "export": 0.5},
    fused_s=0.965,
    front_cpu_s=0.04,
    redis_s=0.005,
    redis_alone_s=0.02,
    idle_redis=0.001,
    base_redis=0.002,
    connections=3.0,
    files=20,
    bytes=25_000_000,
)


def test_rates_of_networks_are_those_that_the_bench_of_gpus_recorded():
    rates = rates_per_s("dpt_beit_large_512")
    assert list(rates) == [1, 2, 4, 8]
    assert 1 < rates[1] < rates[2] < rates[4] < rates[8]
    with pytest.raises(ValueError, match="no_such_network"):
        rates_per_s("no_such_network")


def test_a_site_does_what_its_workers_and_gpus_allow(monkeypatch):
    monkeypatch.setattr("bench.scale.site.rates_per_s", lambda _: {1: 20.0, 2: 30.0, 4: 50.0, 8: 80.0})
    site = Site(MEASURED, gpus=10)  # a face takes a second of each photo's time: no batches
    assert (site.batch, site.per_s) == (1, pytest.approx(10 / 1.015))
    assert site.model_workers == 22  # 1.1 x 9.85 x 2.0 s = 21.7
    assert site.gpu_busy == pytest.approx(0.05 / 1.015)
    packed = Site(MEASURED, gpus=1, per_gpu=100)  # twenty photos a second are all that the GPU does one by one
    assert packed.per_s == pytest.approx(20)
    assert Site(MEASURED, gpus=1, faces=False).batch == 4  # 0.055 + 0.05 s each: four in half a second


def test_a_thousand_photos_cost_their_machines_time():
    site = Site(MEASURED, gpus=0, workers=8)  # 10 photos a second: 8 depth, 22 model workers, a core of fronts, Redis
    dollars = Prices(gpu_hour=0, core_hour=0.36).of_machines(site)
    assert dollars == pytest.approx(1000 * (8 + 22 + 1 + 2) * 0.36 / 3600 / 10)


def test_limits_tell_what_breaks_first():
    site = Site(MEASURED, gpus=0, workers=80)  # 100 photos a second; 80 and 220 workers, as near as ceil has it
    found = limits(site)
    margins = {limit.name: limit.margin for limit in found}
    assert found[0].margin == min(margins.values())
    assert margins["Redis, its one thread"] == pytest.approx(1 / (100 * 0.005 + 300 * 0.001 + 0.002), rel=0.01)
    assert margins["storage, writes a second on one prefix"] == pytest.approx(3500 / (100 * 24))
    assert parts(site) == 2  # 0.80 of its thread, where 0.6 is the most
    assert parts(replace(site, workers=8)) == 1


def test_recorded_photos_are_the_same_each_time():
    load = Load(2.0, 100, burst=20, points_alone=0.5)
    first, again, other = recorded(load, 1), recorded(load, 1), recorded(load, 2)
    assert [(p.owner, p.sent_s, p.steps) for p in first] == [(p.owner, p.sent_s, p.steps) for p in again]
    assert [p.sent_s for p in first] != [p.sent_s for p in other]
    assert sum(photo.sent_s == 50 for photo in first) == 20
    assert {photo.steps for photo in first} == {POINTS, tuple(Stage)}
    assert len(first) == pytest.approx(220, rel=0.25)


def test_times_between_runs_are_those_of_a_worker_whom_work_waited_for():
    runs = [
        Run(Stage.MODEL, 0.0, 0.01, 1.0, "a"),
        Run(Stage.HEAD, 0.5, 1.2, 2.0, "a"),  # waited: 0.2 s between the two
        Run(Stage.EXPORT, 3.0, 3.03, 4.0, "a"),  # came later
        Run(Stage.HEAD, 0.9, 1.5, 2.0, "b"),
    ]
    assert gaps_s(runs) == [pytest.approx(0.2)]
    assert idle_waits_s(runs) == [pytest.approx(0.01), pytest.approx(0.03)]


def test_measured_times_come_again_in_their_order():
    times_s = in_order([1.0, 2.0, 3.0, 4.0], 0.5)
    assert [times_s(random.Random(1)) for _ in range(6)] == [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]


def test_the_prediction_of_a_lone_photo_is_the_sum_of_its_times():
    times = Times(
        one_by_one(constant(1.0)),
        {stage: constant(0.5) for stage in Stage},
        store_s=0.1,
        upload_s=0.2,
        wake_s=0.01,
        task_s=0.03,
    )
    photo = recorded(Load(1.0, 5), 1)[0]
    sent, _ = predicted([photo], times, (1, 3), seed=1)
    assert sent[0].taken_s - photo.sent_s == pytest.approx(0.21)
    assert sent[0].points_s - photo.sent_s == pytest.approx(0.21 + 1.1 + 0.01 + 0.5)
    figures = predicted_figures([photo], times, (1, 3), seed=1)
    assert figures["to the end, p50 s"] == pytest.approx(0.2 + 1.1 + 3 * 0.5 + 4 * 0.01)


def test_quantiles_lie_between_the_values():
    assert quantile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.5
    assert quantile([5.0], 0.95) == 5.0
    values = random.Random(1).choices(range(100), k=50)
    assert min(values) <= quantile(values, 0.05) <= quantile(values, 0.95) <= max(values)


def test_figures_count_from_the_first_photo_to_the_last_end():
    figures = figures_of({"to the end": [2.0, 4.0]}, [10.0, 16.0], 1.0)
    assert figures["photos a second, first sent to last ended"] == pytest.approx(2 / 10)


def test_numbers_are_written_as_people_write_them():
    assert [number(value) for value in (0.5748, 5.7, 10.4, 16000, 3, 0.0036)] == [
        "0.57",
        "5.7",
        "10",
        "16,000",
        "3",
        "0.0036",
    ]
