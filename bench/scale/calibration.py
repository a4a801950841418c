"""How far is the simulation from a real run? One run gives the times that things take, another one is predicted."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from random import Random

from bench.scale.clock import Clock
from bench.scale.plant import Kind, Plant, Times, in_order
from bench.scale.real import Ran, standins, whole_stack
from bench.scale.recorded import Load, gaps_s, idle_waits_s, recorded
from bench.scale.service import Service
from bench.scale.trials import quantile
from bench.scale.turns import Photo
from shared.jobs.record import Stage
from worker.stages.depth import WRITERS

REPEATS = 50
SIDE_PX = 512
DEPTHS = (Stage.DEPTH,)


@dataclass(frozen=True)
class Trial:
    """Loads of the run that is measured and of the run that is predicted, each with the seed of its photos."""

    name: str
    measuring: tuple[Load, int]
    scored: tuple[Load, int]
    run: Callable[[Sequence[Photo]], Ran]
    workers: tuple[int, int]  # depth, model


TRIALS = (
    Trial(
        "whole stack, one depth and one model worker",
        (Load(0.2, 170, points_alone=0.6), 11),
        (Load(0.2, 170, burst=8, points_alone=0.6), 12),
        lambda photos: whole_stack(photos, SIDE_PX),
        (1, 1),
    ),
    Trial(
        "two depth and five model workers that wait, single photos",
        (Load(3.4, 60), 15),
        (Load(3.4, 60, burst=30), 16),
        lambda photos: standins(photos, (2, 5), (0.4, 0.1, 0.6, 0.3)),
        (2, 5),
    ),
    Trial(
        "two depth workers that wait, batches",
        (Load(13, 40, steps=DEPTHS), 13),
        (Load(13, 50, burst=60, steps=DEPTHS), 14),
        lambda photos: standins(photos, (2, 0), (0.1, 0, 0, 0)),
        (2, 0),
    ),
)


def times_of(ran: Ran, start: float = 0.0) -> Times:
    """The times that things took in a run, in their order; `start`, 0 to 1, is where in it they begin.

    Where photos share batches, those of storing are missing: see `with_storing`.
    """
    all_runs = sorted((run for each in ran.seen for run in each.runs), key=lambda run: run.began_s)
    took = {stage: [run.took_s for run in all_runs if run.stage is stage] for stage in Stage}
    depth_s = [seconds / photos for photos, seconds in ran.batches] or took[Stage.DEPTH]
    part = ran.own_depth_s / statistics.mean(depth_s)
    photo_s = in_order([part * seconds for seconds in depth_s], start)
    return Times(
        batch_s=lambda chance, photos: photos * photo_s(chance),
        single_s={stage: in_order(took[stage], start) for stage in Kind.MODEL.value if took[stage]},
        store_s=0.0 if ran.batch > 1 else max(0.0, statistics.mean(took[Stage.DEPTH]) - ran.own_depth_s),
        upload_s=statistics.median(each.created_s for each in ran.seen),
        wake_s=statistics.median(idle_waits_s(all_runs)),
        task_s=statistics.median(gaps_s(run for run in all_runs if run.stage is not Stage.DEPTH) or [0.0]),
    )


def with_storing(photos: Sequence[Photo], ran: Ran, workers: tuple[int, int], start: float) -> Times:
    """The same, and where photos share batches the time to store two: what the run itself took longer without it."""
    times = times_of(ran, start)
    if ran.batch == 1:
        return times
    sent, _ = predicted(photos, times, workers, seed=0)
    simulated_s = statistics.median(photo.ended_s - photo.taken_s for photo in sent)
    took_s = statistics.median(each.ended_s - each.taken_s for each in ran.seen)
    pairs = statistics.mean(1 + number // WRITERS for size, _ in ran.batches for number in range(size))
    return replace(times_of(ran, start), store_s=max(0.0, took_s - simulated_s) / pairs)


def predicted(
    photos: Sequence[Photo], times: Times, workers: tuple[int, int], seed: int
) -> tuple[list[Photo], Service]:
    """The same photos through the simulation."""
    service = Service(Clock(), Plant(times, *workers, front_cores=2), Random(seed))
    sent = [copy(photo) for photo in photos]
    for photo in sent:
        service.clock.after(photo.sent_s, service.send, photo)
    service.clock.run(10_000)
    return sent, service


Figures = dict[str, float]


def figures_of(waits: dict[str, list[float]], began_s: Sequence[float], batch: float) -> Figures:
    """Medians and tails of what photos waited, photos a second, and photos of a batch."""
    table: Figures = {}
    for name, seconds in waits.items():
        if seconds:
            table[f"{name}, p50 s"], table[f"{name}, p95 s"] = quantile(seconds, 0.5), quantile(seconds, 0.95)
    ends = [sent + wait for sent, wait in zip(began_s, waits["to the end"], strict=True)]
    table["photos a second, first sent to last ended"] = len(ends) / (max(ends) - min(began_s))
    table["photos of a batch, mean"] = batch
    return table


def seen_figures(photos: Sequence[Photo], ran: Ran) -> Figures:
    """Of a real run."""
    waits = {
        "until taken": [each.taken_s for each in ran.seen],
        "to the points": [each.points_s for each in ran.seen if each.points_s is not None],
        "to the end": [each.ended_s for each in ran.seen],
    }
    return figures_of(waits, [photo.sent_s for photo in photos], ran.batch)


def predicted_figures(photos: Sequence[Photo], times: Times, workers: tuple[int, int], seed: int) -> Figures:
    """Of the simulation."""
    sent, service = predicted(photos, times, workers, seed)
    waits = {
        "until taken": [photo.taken_s - photo.sent_s for photo in sent],
        "to the points": [photo.points_s - photo.sent_s for photo in sent if Stage.MODEL in photo.steps],
        "to the end": [photo.ended_s - photo.sent_s for photo in sent],
    }
    sizes = service.depth.batches
    batch = sum(size * number for size, number in sizes.items()) / sum(sizes.values())
    return figures_of(waits, [photo.sent_s for photo in sent], batch)


def side_by_side(trial: Trial, before: tuple[Sequence[Photo], Ran], photos: Sequence[Photo], ran: Ran) -> list[str]:
    """Rows of Markdown: measured, predicted (mean of REPEATS), 5 to 95 % of the predictions, and their ratio.

    before: the photos of the run that gives the times, and that run. photos, ran: what is predicted, and became of it.
    """
    real = seen_figures(photos, ran)
    many = [
        predicted_figures(photos, with_storing(*before, trial.workers, number / REPEATS), trial.workers, seed=number)
        for number in range(REPEATS)
    ]
    rows = []
    for name, value in real.items():
        guesses = [each[name] for each in many]
        mean = statistics.mean(guesses)
        between = f"{quantile(guesses, 0.05):.2f} to {quantile(guesses, 0.95):.2f}"
        rows.append(f"| {name} | {value:.2f} | {mean:.2f} | {between} | {mean / value:.2f} |")
    return rows


def main() -> None:
    """Print the tables; ten minutes."""
    for trial in TRIALS:
        measuring = recorded(*trial.measuring)
        before = measuring, trial.run(measuring)
        photos = recorded(*trial.scored)
        ran = trial.run(photos)
        print(f"{trial.name}: {len(photos)} photos\n")
        print("| | measured | predicted | 5 to 95 % | predicted / measured |\n|---|---|---|---|---|")
        print(*side_by_side(trial, before, photos, ran), "", sep="\n")
