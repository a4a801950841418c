"""Photos as they are sent to a real Relief and to the simulated one: the same, at the same times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from bench.scale.arrivals import Visits, burst, steady
from bench.scale.clock import Clock
from bench.scale.plant import KIND_OF
from bench.scale.turns import Photo
from shared.jobs.record import Job, Stage

POINTS = (Stage.DEPTH, Stage.MODEL)
SHARES = ((1, 0.7), (3, 0.3))
SECONDS = "BENCH_SECONDS"
"""The environment variable in which stand-ins find the seconds of their stages, with commas between."""
BATCHES, RUNS = "bench:batches", "bench:runs"
"""Lists in Redis: photos and seconds of each batch of a stand-in; who ran what, as `worker job stage`."""


@dataclass(frozen=True)
class Load:
    """Photos a second for so many seconds, a burst in the middle, and the part of them that stops at the points."""

    per_s: float
    for_s: float
    burst: int = 0
    points_alone: float = 0.0
    steps: tuple[Stage, ...] = tuple(Stage)


class _List:
    def __init__(self) -> None:
        self.clock = Clock()
        self.photos: list[Photo] = []

    def send(self, photo: Photo) -> None:
        self.photos.append(photo)


def recorded(load: Load, seed: int) -> list[Photo]:
    """Who sends what, when; all from one address."""
    listed, chance = _List(), Random(seed)
    visits = Visits(steady(1.0), 1.0, SHARES)
    per_s = load.per_s / visits.photos_each
    replace(visits, rate=steady(per_s), most_per_s=per_s).start(listed, chance)
    if load.burst:
        burst(listed, load.for_s / 2, load.burst, owners=load.burst // 2)
    listed.clock.run(load.for_s)
    steps = [POINTS if chance.random() < load.points_alone else load.steps for _ in listed.photos]
    return [Photo(photo.owner, 0, photo.sent_s, steps=each) for photo, each in zip(listed.photos, steps, strict=True)]


@dataclass(frozen=True)
class Run:
    """A stage of a photo: when it was queued, began and ended, by one clock, and which worker ran it."""

    stage: Stage
    queued_s: float
    began_s: float
    ended_s: float
    worker: str

    @property
    def took_s(self) -> float:
        """How long it took."""
        return self.ended_s - self.began_s


@dataclass(frozen=True)
class Seen:
    """What became of a photo, in seconds since it was sent: record made, taken, points there, ended; and its runs."""

    taken_s: float
    points_s: float | None
    ended_s: float
    created_s: float
    runs: tuple[Run, ...]


def seen_of(job: Job, sent_s: float, workers: Mapping[tuple[str, str], str]) -> Seen:
    """What the record of a job that succeeded says.

    Args:
        job: the record.
        sent_s: when its photo was sent, in seconds since 1970.
        workers: who ran a stage, by job and stage; all others are of one worker of each kind.
    """
    queued_s, runs = job.created_ms / 1000, []
    for stage in job.steps:
        result = job.stages[stage]
        began_s = queued_s + result.queued_s
        worker = workers.get((job.id, stage), KIND_OF[stage].name)
        runs.append(Run(stage, queued_s, began_s, began_s + result.run_s, worker))
        queued_s = runs[-1].ended_s
    points_s = next((run.ended_s - sent_s for run in runs if run.stage is Stage.MODEL), None)
    return Seen(runs[0].began_s - sent_s, points_s, queued_s - sent_s, job.created_ms / 1000 - sent_s, tuple(runs))


def gaps_s(runs: Iterable[Run]) -> list[float]:
    """How long workers were between two runs where the second one waited already; of those that run single photos."""
    ordered = sorted(runs, key=lambda run: (run.worker, run.began_s))
    return [
        after.began_s - before.ended_s
        for before, after in pairwise(ordered)
        if after.worker == before.worker and after.queued_s < before.ended_s <= after.began_s
    ]


def idle_waits_s(runs: Iterable[Run], longest_s: float = 0.05) -> list[float]:
    """How long runs waited that waited for no other: no longer than this, or the shortest one where all did."""
    waits = [run.began_s - run.queued_s for run in runs]
    return [wait for wait in waits if wait < longest_s] or [min(waits)]
