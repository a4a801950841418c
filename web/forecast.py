"""When each job will have ended, if all goes on as it went lately: a simulation of queue and workers."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from itertools import count, groupby

from shared.jobs.batches import batch_size
from shared.jobs.record import SHARES, Stage
from shared.jobs.statistics import Queue, QueuedJob, RunningJob

OVERDUE = 0.15
"""A run that takes longer than expected is expected to take this part more of what it took; set by hand."""


def forecast(queue: Queue, most_in_batch: int) -> dict[str, float]:
    """Seconds until each job ends; a job has none where one of its stages has no worker, and none has before any run.

    Args:
        queue: all jobs at one moment.
        most_in_batch: jobs that the depth stage takes at once at the most.
    """
    costs_s = all_costs_s(queue.costs_s)
    return _Simulation(queue, costs_s, most_in_batch).run() if costs_s else {}


def all_costs_s(known: Mapping[Stage, float]) -> dict[Stage, float]:
    """The costs of all stages: those that have not run yet by their usual share beside the others. None if none ran."""
    if not known:
        return {}
    whole_s = sum(known.values()) / sum(SHARES[stage] for stage in known)
    return {stage: known.get(stage, SHARES[stage] * whole_s) for stage in Stage}


class _Turns:
    """The jobs that wait for a stage, as client groups take turns, and in each its owners."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, deque[QueuedJob]]] = {}  # whose turn is next comes first

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(self, job: QueuedJob) -> None:
        """Add a job behind all others of its owner."""
        self._groups.setdefault(job.group, {}).setdefault(job.owner, deque()).append(job)

    def take(self) -> QueuedJob:
        """Take the job whose turn it is."""
        group = next(iter(self._groups))
        owners = self._groups.pop(group)
        owner = next(iter(owners))
        jobs = owners.pop(owner)
        job = jobs.popleft()
        if jobs:
            owners[owner] = jobs
        if owners:
            self._groups[group] = owners
        return job


class _Simulation:
    """Queue and workers as time goes on."""

    def __init__(self, queue: Queue, costs_s: Mapping[Stage, float], most_in_batch: int) -> None:
        self._costs_s = costs_s
        self._most = {Stage.DEPTH: batch_size(costs_s[Stage.DEPTH], most_in_batch)}
        self._waiting: dict[Stage, _Turns] = defaultdict(_Turns)
        self._busy: list[tuple[float, int, list[Stage], Sequence[QueuedJob]]] = []  # a heap: end, ..., worker, its jobs
        self._numbers = count()
        self._ends_s: dict[str, float] = {}
        names = {name for workers in queue.workers.values() for name in workers}
        self._free = [[stage for stage in Stage if name in queue.workers[stage]] for name in sorted(names)]
        for job in queue.waiting:
            self._waiting[job.steps[0]].add(job)
        for _, jobs in groupby(sorted(queue.running, key=lambda job: job.worker), key=lambda job: job.worker):
            self._go_on(list(jobs))

    def run(self) -> dict[str, float]:
        """Seconds until each job ends."""
        self._employ(0.0)
        while self._busy:
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
        """What a worker does next: points, if some wait; else its stages take turns."""
        waiting = [stage for stage in worker if self._waiting[stage]]
        if not waiting:
            return None
        chosen = Stage.MODEL if Stage.MODEL in waiting else waiting[0]
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
