"""When each job will have ended, if all goes on as it went lately: a simulation of queue and workers."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, count, groupby

from shared.jobs.batches import batch_size
from shared.jobs.record import SHARES, Stage
from shared.jobs.statistics import Queue, QueuedJob, RunningJob
from web.turns import Turns, unlisted_id

MOST_RUNS = 4000
"""A simulation ends after so many runs, some 5 us each; what ends later is told by the pace of the workers."""

OVERDUE = 0.15
"""A run that takes longer than expected is expected to take this part more of what it took; set by hand."""


@dataclass(frozen=True)
class Forecast:
    """Seconds until the jobs of a queue end; of those that were simulated, and what tells it of those behind."""

    ends_s: dict[str, float]
    queue: Queue
    costs_s: dict[Stage, float]

    def end_s(self, job_id: str, steps: Sequence[Stage], before: int | None) -> float | None:
        """Seconds until a job ends that has these stages before it; None where one has no worker, or none ever ran.

        before: how many jobs go before it at its stage, None where it is not waiting.
        """
        known_s = self.ends_s.get(job_id)
        if known_s is not None or before is None:
            return known_s
        return self.ends_s.get(unlisted_id(steps[0], before)) or self._behind_s(steps, before)

    def _behind_s(self, steps: Sequence[Stage], before: int) -> float | None:
        """The same of a job behind those that end within the simulation."""
        pace_s, (known, last_s) = self._pace_s(steps), self._known[steps[0]]
        if pace_s is None:
            return None
        if not known:  # so much waits for later stages that these come first
            later = [steps[passed:] for passed in range(1, len(steps))]
            last_s = sum(self.queue.waiting_for(behind[0]) * (self._pace_s(behind) or 0) for behind in later)
        return max(last_s + max(1, before + 1 - known) * pace_s, sum(self.costs_s[stage] for stage in steps))

    @cached_property
    def _known(self) -> dict[Stage, tuple[int, float]]:
        """Of each stage, how many that wait for it end within the simulation, and when the last one does."""
        known = {}
        for stage in Stage:
            listed = [job.id for job in self.queue.waiting if job.steps[0] == stage]
            ends_s = [self.ends_s[job_id] for job_id in listed if job_id in self.ends_s]
            while (end_s := self.ends_s.get(unlisted_id(stage, len(ends_s)))) is not None:
                ends_s.append(end_s)
            known[stage] = len(ends_s), max(ends_s, default=0.0)
        return known

    def _pace_s(self, steps: Sequence[Stage]) -> float | None:
        """Seconds from the end of one job to that of the next, as the workers keep up; None where a stage has none.

        What some stages cost is done by the workers that have one of them: of all such groups, the slowest counts.
        """
        some = list(chain.from_iterable(combinations(steps, count) for count in range(1, len(steps) + 1)))
        workers = [frozenset[bytes]().union(*(self.queue.workers[stage] for stage in stages)) for stages in some]
        if not self.costs_s or not all(workers):
            return None
        costs_s = [sum(self.costs_s[stage] for stage in stages) for stages in some]
        return max(cost_s / len(names) for cost_s, names in zip(costs_s, workers, strict=True))


def forecast(queue: Queue, most_in_batch: int) -> Forecast:
    """When the jobs of a queue end: none ends where one of its stages has no worker, and none before any run.

    Args:
        queue: jobs at one moment.
        most_in_batch: jobs that the depth stage takes at once at the most.
    """
    costs_s = all_costs_s(queue.costs_s)
    return Forecast(_Simulation(queue, costs_s, most_in_batch).run() if costs_s else {}, queue, costs_s)


def all_costs_s(known: Mapping[Stage, float]) -> dict[Stage, float]:
    """The costs of all stages: those that have not run yet by their usual share beside the others. None if none ran."""
    if not known:
        return {}
    whole_s = sum(known.values()) / sum(SHARES[stage] for stage in known)
    return {stage: known.get(stage, SHARES[stage] * whole_s) for stage in Stage}


class _Simulation:
    """Queue and workers as time goes on."""

    def __init__(self, queue: Queue, costs_s: Mapping[Stage, float], most_in_batch: int) -> None:
        self._costs_s = costs_s
        self._most = {Stage.DEPTH: batch_size(costs_s[Stage.DEPTH], most_in_batch)}
        self._waiting = {
            stage: Turns(stage, [job for job in queue.waiting if job.steps[0] == stage], queue.others.get(stage))
            for stage in Stage
        }
        self._busy: list[tuple[float, int, list[Stage], Sequence[QueuedJob]]] = []  # a heap: end, ..., worker, its jobs
        self._numbers, self._runs = count(), count()
        self._ends_s: dict[str, float] = {}
        names = {name for workers in queue.workers.values() for name in workers}
        self._free = [[stage for stage in Stage if name in queue.workers[stage]] for name in sorted(names)]
        for _, jobs in groupby(sorted(queue.running, key=lambda job: job.worker), key=lambda job: job.worker):
            self._go_on(list(jobs))

    def run(self) -> dict[str, float]:
        """Seconds until each job ends."""
        self._employ(0.0)
        while self._busy and next(self._runs) < MOST_RUNS:
            now_s, _, worker, jobs = heapq.heappop(self._busy)
            for job in jobs:
                self._pass_on(job, now_s)
            if worker:
                self._free.append(worker)
            self._employ(now_s)
        return self._ends_s

    def _go_on(self, running: list[RunningJob]) -> None:
        """Have a worker end the runs that it holds, one after another: the one that began first is the one it is at."""
        running.sort(key=lambda job: (-job.elapsed_s, job.run))
        elapsed_s, whole_s = running[0].elapsed_s, 0.0
        worker = next((one for one in self._free if running[0].steps[0] in one), [])
        if worker:
            self._free.remove(worker)
            _took(worker, running[0].steps[0])
        runs = [list(jobs) for _, jobs in groupby(running, key=lambda job: job.run)]
        for jobs in runs:
            whole_s += jobs[0].expected_s or len(jobs) * self._costs_s[jobs[0].steps[0]]
            left_s = max(whole_s - elapsed_s, OVERDUE * elapsed_s)
            self._start(worker if jobs is runs[-1] else [], jobs, left_s)

    def _employ(self, now_s: float) -> None:
        """Give work to all workers that are free, as far as there is some."""
        for worker in list(self._free):
            stage = self._next_stage(worker)
            if stage:
                self._free.remove(worker)
                turns = self._waiting[stage]
                jobs: list[QueuedJob] = []
                while turns and len(jobs) < self._most.get(stage, 1):
                    jobs.append(turns.take())
                self._start(worker, jobs, now_s + len(jobs) * self._costs_s[stage])

    def _next_stage(self, worker: list[Stage]) -> Stage | None:
        """What a worker does next: points before each head and mesh, if some wait; else its stages take turns."""
        waiting = [stage for stage in worker if self._waiting[stage]]
        if not waiting:
            return None
        chosen = Stage.MODEL if Stage.MODEL in waiting and worker[-1] is not Stage.MODEL else waiting[0]
        _took(worker, chosen)
        return chosen

    def _start(self, worker: list[Stage], jobs: Sequence[QueuedJob], end_s: float) -> None:
        heapq.heappush(self._busy, (end_s, next(self._numbers), worker, jobs))

    def _pass_on(self, job: QueuedJob, now_s: float) -> None:
        """Queue a job for its next stage, or end it."""
        if following := job.steps[1:]:
            self._waiting[following[0]].add(QueuedJob(job.id, job.owner, job.group, following))
        else:
            self._ends_s[job.id] = now_s


def _took(worker: list[Stage], stage: Stage) -> None:
    """The stage's turn comes last from now on."""
    worker.remove(stage)
    worker.append(stage)
