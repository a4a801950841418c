"""The forecast of the queue: when each job ends, as workers, batches, turns and stages go on."""

from collections import Counter
from itertools import chain

import pytest

from shared.jobs.record import Stage
from shared.jobs.statistics import Others, Queue, QueuedJob, RunningJob
from web import forecast as module
from web.forecast import Forecast, all_costs_s, forecast

ALL = tuple(Stage)
COSTS_S = {Stage.DEPTH: 3.0, Stage.MODEL: 0.5, Stage.HEAD: 4.0, Stage.EXPORT: 2.0}
ONE_EACH = {Stage.DEPTH: {b"d"}} | {stage: {b"m"} for stage in ALL[1:]}


def job(name: str, owner: str = "ann", steps=ALL, group: str | None = None) -> QueuedJob:
    return QueuedJob(name, owner, group or owner, tuple(steps))


def running(name: str, elapsed_s: float, *, run: str = "r", steps=ALL, worker="d", expected_s=None) -> RunningJob:
    return RunningJob(name, "ann", "ann", tuple(steps), worker, run, elapsed_s, expected_s)


def forecast_of(waiting=(), runs=(), *, costs_s=COSTS_S, workers=ONE_EACH, most=8, others=None) -> Forecast:
    names = {stage: frozenset(workers.get(stage, ())) for stage in Stage}
    return forecast(Queue(0.0, costs_s, names, tuple(waiting), tuple(runs), others or {}), most)


def ends_s(waiting=(), runs=(), **more) -> dict[str, float]:
    return forecast_of(waiting, runs, **more).ends_s


def test_a_single_job_takes_the_sum_of_its_stages():
    assert ends_s([job("a")]) == {"a": 9.5}
    assert ends_s([job("a", steps=ALL[:2])]) == {"a": 3.5}


def test_depth_goes_on_beside_the_other_stages_which_share_a_worker():
    ends = ends_s([job(name) for name in "abc"])
    # depth is ready at 3, 6, 9. The other worker: points of a to 3.5, head to 7.5, points of b to 8, meshes of a to 10,
    # points of c to 10.5, head of b to 14.5, meshes of b to 16.5, head of c to 20.5, meshes to 22.5
    assert ends == {"a": 10, "b": 16.5, "c": 22.5}


def test_points_do_not_wait_for_heads_and_meshes():
    waiting = [job("a", steps=ALL[2:]), job("b", steps=ALL[1:2])]
    assert ends_s(waiting) == {"b": 0.5, "a": 6.5}


def test_what_has_run_for_a_while_is_sooner_ready():
    assert ends_s(runs=[running("a", 1.0)]) == {"a": 8.5}
    assert ends_s([job("b", steps=ALL[:1])], [running("a", 1.0, steps=ALL[:1])]) == {"a": 2, "b": 5}


def test_after_a_head_come_meshes_where_both_wait():
    waiting = [job("a", steps=ALL[2:3]), job("b", steps=ALL[3:])]
    assert ends_s(waiting, [running("c", 3.0, steps=ALL[2:3], worker="m")]) == {"c": 1, "b": 3, "a": 7}


def test_what_takes_longer_than_expected_is_never_said_to_be_ready_now():
    assert ends_s(runs=[running("a", 10.0, steps=ALL[:1])]) == {"a": 1.5}


def test_the_jobs_of_a_batch_end_together():
    quick = COSTS_S | {Stage.DEPTH: 0.0625}
    depth = ALL[:1]
    waiting = [job(name, steps=depth) for name in "abcdefghij"]
    ends = ends_s(waiting, costs_s=quick)
    assert [ends[name] for name in "abcdefghij"] == [0.5] * 8 + [0.625] * 2
    assert list(ends_s(waiting, costs_s=quick, most=4).values()) == [0.25] * 4 + [0.5] * 4 + [0.625] * 2
    runs = [running(name, 0.5, expected_s=1.0, steps=depth) for name in "uv"]
    assert ends_s(waiting[:1], runs, costs_s=quick) == pytest.approx({"u": 0.5, "v": 0.5, "a": 0.5625})


def test_a_batch_that_is_claimed_ahead_begins_when_the_one_before_ends():
    depth = ALL[:1]
    runs = [
        running("b", 0.9, run="1", expected_s=2.0, steps=depth),
        running("a", 1, run="2", expected_s=2, steps=depth),
    ]
    assert ends_s(runs=runs) == {"a": 1.0, "b": 3.0}


def test_two_workers_share_the_jobs_that_wait():
    workers = {Stage.DEPTH: {b"d1", b"d2"}}
    assert ends_s([job(name, steps=ALL[:1]) for name in "abc"], workers=workers) == {"a": 3, "b": 3, "c": 6}


def test_groups_and_owners_take_turns_at_every_stage():
    crowd = [job(f"a{number}", "ann", ALL[:2], "crowd") for number in range(3)]
    waiting = [*crowd, job("b", "bob", ALL[:2], "crowd"), job("c", "cid", ALL[:2], "home")]
    ends = ends_s(waiting)
    assert sorted(ends, key=ends.__getitem__) == ["a0", "c", "b", "a1", "a2"]
    late = [job(f"a{number}", "ann", ALL[2:3]) for number in range(5)]
    assert ends_s([*late, job("b", "bob", ALL[2:3])])["b"] == 8  # second, after one head of ann's


def test_a_job_is_expected_only_where_each_of_its_stages_has_a_worker():
    assert ends_s([job("a"), job("b", steps=ALL[:1])], workers={Stage.DEPTH: {b"d"}}) == {"b": 6}
    assert ends_s([job("a")], workers={}) == {}


def test_a_stage_that_never_ran_is_expected_to_take_its_share():
    assert all_costs_s({}) == {} == ends_s([job("a")], costs_s={})
    assert all_costs_s({Stage.DEPTH: 3.5}) == {Stage.DEPTH: 3.5, Stage.MODEL: 1, Stage.HEAD: 3.5, Stage.EXPORT: 2}


def test_the_run_of_a_worker_that_nobody_knows_ends_and_takes_no_others_place():
    runs = [running(name, 1.0, run=name, worker=name, steps=ALL[:1]) for name in ("gone", "d")]
    assert ends_s([job("a", steps=ALL[:1])], runs) == {"gone": 2, "d": 2, "a": 5}


def mixed_queue(stage: Stage) -> list[QueuedJob]:
    """Who waits, as they take turns: nine jobs of one group, and thirty of others who have one or two."""
    steps = ALL[ALL.index(stage) :]
    singles = [f"home {number}" for number in range(20)]
    groups = ["crowd", *singles, "crowd", *singles[:10], *["crowd"] * 7]
    return [job(f"{stage} {before}", group, steps) for before, group in enumerate(groups)]


def listed(waiting: list[QueuedJob], count: int) -> tuple[list[QueuedJob], Others]:
    """The first jobs, and what is known of the others."""
    known = {job.group for job in waiting[:count]}
    behind = Counter(job.group for job in waiting[count:])
    hidden = {group: jobs for group, jobs in behind.items() if group not in known}
    of_listed = {group: jobs for group, jobs in behind.items() if group in known}
    return waiting[:count], Others(of_listed, len(hidden), sum(hidden.values()))


@pytest.mark.parametrize("count", (15, 25))
def test_jobs_that_are_not_listed_end_when_they_would_if_they_were(count):
    whole = {stage: mixed_queue(stage) for stage in (Stage.DEPTH, Stage.HEAD)}
    exact = ends_s(chain(*whole.values()))
    parts = {stage: listed(waiting, count) for stage, waiting in whole.items()}
    others = {stage: behind for stage, (_, behind) in parts.items()}
    some = forecast_of(chain(*(first for first, _ in parts.values())), others=others)
    for waiting in whole.values():
        for before, one in enumerate(waiting):
            assert some.end_s(one.id, one.steps, before) == pytest.approx(exact[one.id], rel=0.35), one


def test_what_ends_after_the_simulation_is_told_by_the_pace_of_the_workers(monkeypatch):
    monkeypatch.setattr(module, "MOST_RUNS", 12)
    others = {Stage.DEPTH: Others({}, 1000, 1000)}
    depth = forecast_of([job("a", steps=ALL[:1])], others=others)
    assert depth.end_s("x", ALL[:1], 5) == 18  # simulated
    assert depth.end_s("x", ALL[:1], 999) == 3000
    whole = forecast_of([job("a")], others=others)
    assert whole.end_s("x", ALL, 999) == pytest.approx(6500, rel=0.01)  # points, head and meshes of the same worker
    assert forecast_of(costs_s=COSTS_S).end_s("new", ALL, 0) == 9.5  # all of its stages
    many = ONE_EACH | {stage: {b"m1", b"m2", b"m3"} for stage in ALL[1:]}
    assert forecast_of([job("a")], others=others, workers=many).end_s("x", ALL, 999) == pytest.approx(3000, rel=0.01)


def test_what_waits_for_later_stages_comes_before_jobs_that_do_not_end_within_the_simulation(monkeypatch):
    monkeypatch.setattr(module, "MOST_RUNS", 12)
    others = {Stage.DEPTH: Others({}, 100, 100), Stage.HEAD: Others({}, 1000, 1000)}
    some = forecast_of([job("a"), job("b", steps=ALL[2:])], others=others)
    assert some.end_s("a", ALL, 0) == pytest.approx(6000, rel=0.01)


def test_a_job_behind_those_that_are_listed_is_not_expected_where_a_stage_has_no_worker():
    others = {Stage.DEPTH: Others({"a": 1000}, 0, 0)}
    some = forecast_of([job("a", "a")], others=others, workers={Stage.DEPTH: {b"d"}})
    assert (some.end_s("x", ALL, 700), some.end_s("x", ALL[:1], 700)) == (None, 2103)
    assert forecast_of([job("a", "a")], others=others, costs_s={}).end_s("x", ALL[:1], 700) is None


def test_counts_that_do_not_fit_beside_the_release_before_are_no_matter():
    others = {Stage.DEPTH: Others({"gone": 3}, 0, 5), Stage.HEAD: Others({}, 0, 2)}
    assert forecast_of([job("a", steps=ALL[:1])], others=others).end_s("x", ALL[:1], 8) == 27
