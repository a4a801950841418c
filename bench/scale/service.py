"""Relief as a simulation: fronts, queue and workers, which do what shared/jobs and worker/stages do."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from itertools import count
from operator import attrgetter
from random import Random
from typing import Any

from bench.scale.clock import Clock, Servers
from bench.scale.depth import DepthStage
from bench.scale.plant import KIND_OF, Kind, Plant
from bench.scale.turns import Photo, Turns
from bench.scale.worker import Worker
from shared.jobs.record import Stage
from worker.stages.depth import LONGEST_TASK_S
from worker.stages.leases import RENEWALS_PER_LEASE
from worker.sweeper import SWEEP_EVERY_S, WAKEUPS_AT_ONCE


class Service:
    """Takes photos, and has its workers go on with them as the clock runs."""

    def __init__(self, clock: Clock, plant: Plant, chance: Random) -> None:
        self.clock, self.plant, self.times, self.chance = clock, plant, plant.times, chance
        self.turns = {stage: Turns() for stage in Stage}
        self.messages = dict.fromkeys(Stage, 0)
        self.workers: dict[Kind, dict[Worker, None]] = {kind: {} for kind in Kind}  # in the order of their start
        self._idle: dict[Kind, deque[Worker]] = defaultdict(deque)
        self.fronts, self.redis = Servers(clock, plant.front_cores), Servers(clock)
        self.gpus = [Servers(clock) for _ in range(plant.gpus)]
        self._employed, self.depth = count(), DepthStage(self)
        self.work_s = dict.fromkeys(Stage, 0.0)  # of all runs that counted
        self.runs = dict.fromkeys(Stage, 0)
        self.photos: list[Photo] = []
        self.recovered = self.failed = self._place = 0
        for kind, number in plant.kinds.items():
            for _ in range(number):
                self.employ(kind)
        clock.every(SWEEP_EVERY_S, self._sweep)

    # Photos and workers that come

    def send(self, photo: Photo) -> None:
        """Have a user send a photo now."""
        self.photos.append(photo)
        self.clock.after(self.fronts.wait_s(self.times.upload_s), self._create, photo)

    def employ(self, kind: Kind) -> None:
        """Have one more worker, now."""
        worker = Worker(kind, self.gpus[next(self._employed) % len(self.gpus)])
        self.workers[kind][worker] = None
        if self.plant.deaths_per_s:
            self.clock.after(self.chance.expovariate(self.plant.deaths_per_s), self._die, worker)
        self._look(worker)

    def dismiss(self, kind: Kind) -> None:
        """Have one worker leave, once it has ended what it has in hand."""
        worker = self._idle[kind].popleft() if self._idle[kind] else next(iter(self.workers[kind]))
        worker.leaving = True
        del self.workers[kind][worker]

    # The queue

    def _create(self, photo: Photo) -> None:
        self._place += 1
        photo.place = self._place
        self.clock.after(self.redis.wait_s(self.times.create_s), self._queue, photo)

    def _queue(self, photo: Photo) -> None:
        self.turns[photo.stage].add(photo)
        self.wake(photo.stage)

    def wake(self, stage: Stage) -> None:
        """Send a message that has one of the stage's workers look for work."""
        self.messages[stage] += 1
        if idle := self._idle[KIND_OF[stage]]:
            self.after(self.times.wake_s, idle.popleft(), self._look)

    def _sweep(self) -> None:
        for stage, turns in self.turns.items():
            for _ in range(0 if self.messages[stage] else min(turns.waiting, WAKEUPS_AT_ONCE)):
                self.wake(stage)

    def claim(self, worker: Worker, stage: Stage, limit: int, *, take_retried: bool = True) -> list[Photo]:
        """Have a worker take photos, if some wait and it is not to leave."""
        photos = [] if worker.leaving else self.turns[stage].claim(limit, take_retried=take_retried)
        for photo in photos:
            photo.taken_s = min(photo.taken_s, self.clock.now_s)
        worker.held.update(photos)
        return photos

    def finish(self, worker: Worker, photo: Photo) -> None:
        """End a photo's stage, and have it wait for the next one, if there is one."""
        worker.held.discard(photo)
        self.runs[photo.stage] += 1
        now_s = self.clock.now_s
        if photo.stage is Stage.MODEL:
            photo.points_s = now_s
        if following := photo.following:
            photo.stage, photo.attempt = following, 0
            self._queue(photo)
        else:
            photo.ended_s = now_s

    # What a worker does

    def after(self, delay_s: float, worker: Worker, act: Callable[..., None], *args: Any) -> None:
        """Have a worker do something after a while, if it lives then."""
        self.clock.after(delay_s, self._if_alive, worker, act, args)

    def _if_alive(self, worker: Worker, act: Callable[..., None], args: tuple[Any, ...]) -> None:
        if worker.alive:
            act(worker, *args)

    def _look(self, worker: Worker) -> None:
        """Take a message, if there is one, and do its task."""
        if worker.leaving:
            return
        stage = next((each for each in worker.served if self.messages[each]), None)
        if stage is None:
            self._idle[worker.kind].append(worker)
            return
        self.messages[stage] -= 1
        worker.served.remove(stage)
        worker.served.append(stage)
        if stage is Stage.DEPTH:
            worker.until_s = self.clock.now_s + LONGEST_TASK_S
            self.depth.begin(worker)
        else:
            self._run_single(worker, [stage] if stage is Stage.MODEL else [Stage.MODEL, stage])

    def end_task(self, worker: Worker) -> None:
        """Have a worker go on with the next message."""
        self.after(self.times.task_s, worker, self._look)

    def _run_single(self, worker: Worker, stages: Sequence[Stage]) -> None:
        """Run a photo of each of these stages, if one waits."""
        for index, stage in enumerate(stages):
            if photos := self.claim(worker, stage, 1):
                took_s = self.times.single_s[stage](self.chance)
                self.work_s[stage] += took_s
                whole_s = self.redis.wait_s(self.times.claim_s + self.times.finish_s) + took_s
                self.after(whole_s, worker, self.finish, photos[0])
                self.after(whole_s, worker, self._run_single, stages[index + 1 :])
                return
        self.end_task(worker)

    # Workers that die

    def _die(self, worker: Worker) -> None:
        """Lose a worker and what it holds, until the leases have run out and the sweeper comes; another one starts."""
        worker.alive = False
        if not worker.leaving:
            del self.workers[worker.kind][worker]
            self.clock.after(self.plant.restart_s, self.employ, worker.kind)
        if worker in self._idle[worker.kind]:
            self._idle[worker.kind].remove(worker)
        left_s = self.plant.lease_s * (1 - self.chance.random() / RENEWALS_PER_LEASE)
        left_s += SWEEP_EVERY_S * self.chance.random()
        for photo in sorted(worker.held, key=attrgetter("place")):
            self.clock.after(left_s, self._recover, photo)

    def _recover(self, photo: Photo) -> None:
        if photo.attempt >= self.plant.attempts:
            self.failed += 1
            return
        self.recovered += 1
        self._queue(photo)
