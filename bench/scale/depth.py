"""The depth stage as worker/stages/depth.py runs it, simulated: batches, and the next one claimed meanwhile."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bench.scale.turns import Photo
from bench.scale.worker import Worker
from shared.jobs.batches import batch_size
from shared.jobs.record import Stage
from worker.stages.depth import WRITERS

if TYPE_CHECKING:
    from bench.scale.service import Service


class DepthStage:
    """The depth workers of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.batches: dict[int, int] = defaultdict(int)  # by size

    def begin(self, worker: Worker) -> None:
        """Work until nothing waits, or the task has been long enough."""
        service = self._service
        going_on = service.clock.now_s < worker.until_s
        if batch := service.claim(worker, Stage.DEPTH, self._size(worker)) if going_on else []:
            self._estimate(worker, batch)
            return
        if not going_on:
            service.wake(Stage.DEPTH)
        service.end_task(worker)

    def _size(self, worker: Worker) -> int:
        return batch_size(worker.photo_s, self._service.plant.most_in_batch)

    def _estimate(self, worker: Worker, batch: list[Photo]) -> None:
        """Do what the cores do for a batch, and claim the next one meanwhile."""
        service, began_s, size = self._service, self._service.clock.now_s, self._size(worker)
        self.batches[len(batch)] += 1
        reading_ahead = size > 1 and batch[0].attempt == 1
        if reading_ahead and began_s < worker.until_s:
            self._claim_ahead(worker, size)
        took_s = service.redis.wait_s(service.times.claim_s) + service.times.batch_s(service.chance, len(batch))
        service.after(took_s, worker, self._pass, batch, began_s, reading_ahead)

    def _claim_ahead(self, worker: Worker, size: int) -> None:
        """Claim the next batch; where it is not full, again after a moment."""
        service = self._service
        worker.ahead = service.claim(worker, Stage.DEPTH, size, take_retried=False)
        worker.ahead_s = service.clock.now_s
        if 0 < len(worker.ahead) < size:
            worker.ahead_s += service.plant.batch_wait_s
            service.after(service.plant.batch_wait_s, worker, self._top_up, size)

    def _top_up(self, worker: Worker, size: int) -> None:
        missing = size - len(worker.ahead)
        worker.ahead += self._service.claim(worker, Stage.DEPTH, missing, take_retried=False)

    def _pass(self, worker: Worker, batch: list[Photo], began_s: float, reading_ahead: bool) -> None:
        """Have the GPU's turn."""
        wait_s = worker.gpu.wait_s(self._service.times.network_s(len(batch)))
        self._service.after(wait_s, worker, self._estimated, batch, began_s, reading_ahead)

    def _estimated(self, worker: Worker, batch: list[Photo], began_s: float, reading_ahead: bool) -> None:
        """Have the batch stored, once the one before it is, and go on with the next."""
        service, now_s = self._service, self._service.clock.now_s
        took_s = now_s - began_s
        worker.learn(took_s / len(batch))
        service.work_s[Stage.DEPTH] += took_s
        busy_s = max(0.0, worker.stored_s - now_s)
        for index, photo in enumerate(batch):
            stored_s = busy_s + (index // WRITERS + 1) * service.times.store_s
            stored_s += service.redis.wait_s(service.times.finish_s)
            worker.stored_s = now_s + stored_s
            service.after(stored_s, worker, service.finish, photo)
        service.after(busy_s, worker, self._go_on, batch[0].attempt > 1, reading_ahead)

    def _go_on(self, worker: Worker, alone: bool, reading_ahead: bool) -> None:
        """Take what was claimed ahead, or claim; where there is nothing, begin anew once all is stored."""
        service, now_s = self._service, self._service.clock.now_s
        following: list[Photo] = []
        if reading_ahead:
            following, worker.ahead = worker.ahead, []
        elif not alone and now_s < worker.until_s:
            following = service.claim(worker, Stage.DEPTH, self._size(worker), take_retried=False)
        if following:
            service.after(max(0.0, worker.ahead_s - now_s), worker, self._estimate, following)
        else:
            service.after(max(0.0, worker.stored_s - now_s), worker, self.begin)
