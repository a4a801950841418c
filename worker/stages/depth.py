"""The depth stage: batches of photos through the network, which never waits for a JPEG.

While the network has one batch, threads claim and decode the next and store the results of the one before. A batch is
bounded by photos and by pixels, so that memory is, and by the time that it takes (`shared.jobs.batches`), so that none
wait for a stranger's photos. Where one photo takes all of that time, none is claimed ahead: whoever comes is next. A
job that is retried after a crash runs alone: nothing else is held by this process meanwhile.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from shared.errors import PhotoError, ReliefError
from shared.jobs.claims import Claim, log_as
from shared.jobs.problems import BUG
from shared.jobs.record import Stage
from worker import pipeline
from worker.depth.estimator import DepthMap, Estimator, Photo
from worker.report import made_by
from worker.stages.context import StageContext, problem_of
from worker.stages.pace import Pace

log = logging.getLogger(__name__)

READERS = 2
WRITERS = 2
LONG_WAITED_S = 10.0  # whoever has waited so long gains little by a first look, and others wait too
LONGEST_TASK_S = 30.0  # then a task lets go, so that Celery's time limits keep their meaning


ReadJob = tuple[Claim, Photo]
Step = tuple[Claim, Callable[[Claim], None]]


@dataclass(frozen=True)
class Batch:
    """Jobs that were claimed together: how many, at which monotonic time, and those whose photos could be read."""

    claimed: int
    claimed_s: float
    jobs: Sequence[ReadJob]

    @property
    def alone(self) -> bool:
        """True where it is one job, retried after a crash."""
        return any(claim.job.attempt > 1 for claim, _ in self.jobs)


NO_JOBS = Batch(0, 0.0, ())


class DepthBatches:
    """Runs the depth stage of waiting jobs.

    pace: how quick it is here, which is known from earlier tasks.
    estimator: gives the name and the loaded model that a job's choice means here.
    stopping: True when the process is to take no more work.
    """

    def __init__(
        self,
        context: StageContext,
        pace: Pace,
        estimator: Callable[[str], tuple[str, Estimator]],
        stopping: Callable[[], bool],
    ) -> None:
        self._context, self._pace, self._estimator, self._stopping = context, pace, estimator, stopping
        self._until_s = time.monotonic() + LONGEST_TASK_S
        self._writers = ThreadPoolExecutor(WRITERS, "write")
        self._free_s = 0.0  # when the network was done with the batch before

    def run(self) -> bool:
        """Work until nothing waits, or it is time to stop; False where LONGEST_TASK_S passed and more may wait."""
        with ThreadPoolExecutor(READERS + 1, "read") as readers, self._writers as writers:
            while (batch := self._collect(readers, idle=True)).claimed:
                storing: list[Future[None]] = []
                while batch.claimed:
                    another = partial(self._collect, readers, idle=False)
                    ahead = readers.submit(another) if self._size > 1 and not batch.alone else None
                    steps = self._estimate(batch)
                    wait(storing)  # at most one batch is being stored: memory stays bounded
                    storing = [writers.submit(self._context.guarded, claim, step) for claim, step in steps]
                    batch = NO_JOBS if batch.alone else ahead.result() if ahead else another()
                wait(storing)
        return time.monotonic() < self._until_s

    @property
    def _size(self) -> int:
        return self._pace.batch(self._context.settings.depth_batch)

    def _going_on(self) -> bool:
        return time.monotonic() < self._until_s and not self._stopping()

    def _collect(self, readers: ThreadPoolExecutor, *, idle: bool) -> Batch:
        """Claim a batch and decode its photos; where others are at work, wait a moment for one that is not full."""
        if not self._going_on():
            return NO_JOBS
        limit, claimed_s = self._size, time.monotonic()
        claims = self._context.claim(Stage.DEPTH, limit, take_retried=idle)
        if claims and len(claims) < limit and not idle:
            time.sleep(self._context.settings.depth_batch_wait_s)
            claims += self._context.claim(Stage.DEPTH, limit - len(claims), take_retried=False, held=claims)
        photos = list(readers.map(partial(self._context.guarded, step=self._context.photo), claims))
        return Batch(
            len(claims), claimed_s, [(claim, photo) for claim, photo in zip(claims, photos, strict=True) if photo]
        )

    def _estimate(self, batch: Batch) -> list[Step]:
        """Each job of the batch with the step that stores its result."""
        steps: list[Step] = []
        for name, same in groupby(sorted(batch.jobs, key=_model_name), key=_model_name):
            jobs = list(same)
            with log_as(*(claim for claim, _ in jobs)):
                steps += self._estimate_by(name, jobs, batch.claimed_s)
        return steps

    def _estimate_by(self, name: str, jobs: Sequence[ReadJob], claimed_s: float) -> list[Step]:
        """One model's part of a batch through its network."""
        began_s, loading_s = max(claimed_s, self._free_s), time.monotonic()
        try:
            model, estimator = self._estimator(name)
            began_s += time.monotonic() - loading_s  # to load a model is no job's own time
            results = estimator.estimate([photo for _, photo in jobs], partial(self._show_rough, jobs))
        except ReliefError as error:
            for claim, _ in jobs:
                self._context.fail(claim, problem_of(error))
            return []
        except Exception:  # a bug, or a device that failed: the log has it, and each job gets another chance alone
            log.exception("a batch of %d photos failed in %s", len(jobs), name)
            for claim, _ in jobs:
                self._context.try_again(claim, BUG)
            return []
        self._free_s = time.monotonic()
        own_s = (self._free_s - began_s) / len(jobs)
        self._pace.measured(own_s)
        return [
            (claim, partial(self._store, model=model, result=result, own_s=own_s))
            for (claim, _), result in zip(jobs, results, strict=True)
        ]

    def _show_rough(self, jobs: Sequence[ReadJob], index: int, depth_map: DepthMap) -> None:
        """Have a first look at one of the jobs stored, while the network goes on."""
        claim, photo = jobs[index]
        if Stage.MODEL in claim.job.steps and claim.waited_s < LONG_WAITED_S:
            self._writers.submit(self._store_rough, claim, photo, depth_map)

    def _store_rough(self, claim: Claim, photo: Photo, depth_map: DepthMap) -> None:
        with log_as(claim):
            try:
                self._context.show_rough(claim, pipeline.rough_files(depth_map, photo.pixels))
            except Exception:  # it is a courtesy: the job goes on without it
                log.exception("no rough point cloud")

    def _store(self, claim: Claim, *, model: str, result: DepthMap | PhotoError, own_s: float) -> None:
        if isinstance(result, PhotoError):
            raise result
        files = pipeline.depth_files(result, model=model)
        self._context.finish(claim, files, result.report | made_by(model), model_name=model, own_s=own_s)


def _model_name(job: ReadJob) -> str:
    claim, _ = job
    return claim.job.depth.model
