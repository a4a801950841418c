"""The depth stage: batches of photos through the network, which never waits for a JPEG.

While the network has one batch, threads claim and decode the next and store the results of the one before. A batch is
bounded by photos and by pixels, so that memory is. A job that is retried after a crash runs alone: nothing else is held
by this process meanwhile.
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
from shared.jobs.claims import Claim
from shared.jobs.record import Stage
from worker import pipeline
from worker.depth.estimator import DepthMap, Estimator, Photo
from worker.report import made_by
from worker.stages.context import BUG, StageContext, problem_of

log = logging.getLogger(__name__)

READERS = 2
WRITERS = 2
LONGEST_TASK_S = 30.0  # then a task lets go, so that Celery's time limits keep their meaning


ReadJob = tuple[Claim, Photo]
Step = tuple[Claim, Callable[[Claim], None]]


@dataclass(frozen=True)
class Batch:
    """Jobs that were claimed together: how many, and those whose photos could be read."""

    claimed: int
    jobs: Sequence[ReadJob]

    @property
    def alone(self) -> bool:
        """True where it is one job, retried after a crash."""
        return any(claim.job.attempt > 1 for claim, _ in self.jobs)


NO_JOBS = Batch(0, ())


class DepthBatches:
    """Runs the depth stage of waiting jobs.

    estimator: gives the name and the loaded model that a job's choice means here.
    stopping: True when the process is to take no more work.
    """

    def __init__(
        self, context: StageContext, estimator: Callable[[str], tuple[str, Estimator]], stopping: Callable[[], bool]
    ) -> None:
        self._context, self._estimator, self._stopping = context, estimator, stopping
        self._until_s = time.monotonic() + LONGEST_TASK_S

    def run(self) -> bool:
        """Work until nothing waits, or it is time to stop; False where LONGEST_TASK_S passed and more may wait."""
        with ThreadPoolExecutor(READERS + 1, "read") as readers, ThreadPoolExecutor(WRITERS, "write") as writers:
            while (batch := self._collect(readers, take_retried=True)).claimed:
                storing: list[Future[None]] = []
                while batch.claimed:
                    ahead = None if batch.alone else readers.submit(self._collect, readers, take_retried=False)
                    steps = self._estimate(batch)
                    wait(storing)  # at most one batch is being stored: memory stays bounded
                    storing = [writers.submit(self._context.guarded, claim, step) for claim, step in steps]
                    batch = ahead.result() if ahead else NO_JOBS
                wait(storing)
        return time.monotonic() < self._until_s

    def _going_on(self) -> bool:
        return time.monotonic() < self._until_s and not self._stopping()

    def _collect(self, readers: ThreadPoolExecutor, *, take_retried: bool) -> Batch:
        """Claim a batch and decode its photos; waits a moment for a batch that is not full."""
        if not self._going_on():
            return NO_JOBS
        limit = self._context.settings.depth_batch
        claims = self._context.claim(Stage.DEPTH, limit, take_retried=take_retried)
        if claims and len(claims) < limit and claims[0].job.attempt == 1:
            time.sleep(self._context.settings.depth_batch_wait_s)
            claims += self._context.claim(Stage.DEPTH, limit - len(claims), take_retried=False, held=claims)
        photos = list(readers.map(partial(self._context.guarded, step=self._read), claims))
        return Batch(len(claims), [(claim, photo) for claim, photo in zip(claims, photos, strict=True) if photo])

    def _read(self, claim: Claim) -> Photo:
        photo = self._context.photo(claim)
        self._context.claims.progress(claim, 0.1)
        return photo

    def _estimate(self, batch: Batch) -> list[Step]:
        """Each job of the batch with the step that stores its result."""
        by_model = groupby(sorted(batch.jobs, key=_model_name), key=_model_name)
        return [step for name, jobs in by_model for step in self._estimate_by(name, list(jobs))]

    def _estimate_by(self, name: str, jobs: Sequence[ReadJob]) -> list[Step]:
        """One model's part of a batch through its network."""
        try:
            model, estimator = self._estimator(name)
            results = estimator.estimate([photo for _, photo in jobs])
        except ReliefError as error:
            for claim, _ in jobs:
                self._context.fail(claim, problem_of(error))
            return []
        except Exception:  # a bug, or a device that failed: the log has it, and each job gets another chance alone
            log.exception("a batch of %d photos failed in %s", len(jobs), name)
            for claim, _ in jobs:
                self._context.try_again(claim, BUG)
            return []
        return [
            (claim, partial(self._store, model=model, result=result))
            for (claim, _), result in zip(jobs, results, strict=True)
        ]

    def _store(self, claim: Claim, *, model: str, result: DepthMap | PhotoError) -> None:
        if isinstance(result, PhotoError):
            raise result
        self._context.claims.progress(claim, 0.8)
        files = pipeline.depth_files(result, model=model)
        self._context.finish(claim, files, result.report | made_by(model), model_name=model)


def _model_name(job: ReadJob) -> str:
    claim, _ = job
    return claim.job.depth.model
