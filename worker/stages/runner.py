"""Runs the stages of waiting jobs, in a worker process."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache, partial

from redis import Redis

from shared.jobs.claims import Claims
from shared.jobs.jobs import Jobs
from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps
from shared.jobs.workers import Workers, process_name
from shared.redis.reserve import reserve_is_gone
from shared.removals import Removals
from shared.settings import Settings
from shared.storage.base import Storage
from worker.depth import registry
from worker.depth.estimator import Estimator
from worker.devices import gpu_memory_bytes
from worker.memory import IdleMemory
from worker.stages.context import StageContext
from worker.stages.depth import DepthBatches
from worker.stages.export import write_meshes
from worker.stages.head import build_head
from worker.stages.leases import Leases
from worker.stages.model import build_model
from worker.stages.pace import Pace

LOADED_MODELS = 2
SINGLE_JOB_STAGES = {Stage.MODEL: build_model, Stage.HEAD: build_head, Stage.EXPORT: write_meshes}


class StageRunner:
    """Runs stages of jobs; one to a process.

    stopping: True when the process is to take no more work.
    serves: the stages that this process is there for.
    load: gives the estimator of a model's name; the registry's where none is given.
    """

    def __init__(
        self,
        redis: Redis,
        storage: Storage,
        wakeups: WakeUps,
        settings: Settings,
        *,
        stopping: Callable[[], bool] = lambda: False,
        serves: Collection[Stage] = (),
        load: Callable[[str], Estimator] | None = None,
    ) -> None:
        self._jobs, self._claims, self._workers = Jobs(redis), Claims(redis), Workers(redis)
        self._storage, self._wakeups, self._settings = storage, wakeups, settings
        self._removals = Removals(redis, storage)
        self._reserve_is_gone = partial(reserve_is_gone, redis)
        self._stopping, self._serves, self._pace = stopping, serves, Pace()
        self._memory = IdleMemory()
        from_weights = partial(
            registry.load,
            folder=settings.weights,
            backend=settings.depth_backend,
            tokens=settings.network_tokens,
        )
        self._load = lru_cache(LOADED_MODELS)(load or from_weights)

    def run(self, stage: Stage) -> None:
        """Run waiting jobs of the stage; returns at once where none wait.

        Points, which are quickly made and what people wait to see, do not wait for a head or for meshes.
        """
        with self._memory.in_use(), Leases(self._claims, self._settings.lease_s) as leases:
            context = StageContext(
                self._jobs,
                self._claims,
                self._storage,
                self._removals,
                self._wakeups,
                self._settings,
                leases,
                self._reserve_is_gone,
            )
            if stage is Stage.DEPTH:
                self._run_depth(context)
            else:
                if stage is not Stage.MODEL and Stage.MODEL in self._serves:
                    self._run_one(context, Stage.MODEL)
                self._run_one(context, stage)

    def warm_up(self) -> None:
        """Load the model of jobs that name none."""
        self._estimator("auto")

    def _run_one(self, context: StageContext, stage: Stage) -> None:
        if not self._stopping():
            for claim in context.claim(stage, 1):
                context.guarded(claim, partial(SINGLE_JOB_STAGES[stage], context))

    def _run_depth(self, context: StageContext) -> None:
        finished = DepthBatches(context, self._pace, self._estimator, self._stopping).run()
        if (used_bytes := gpu_memory_bytes()) is not None:
            self._workers.announce_gpu_memory(process_name(), used_bytes)
        if not finished:
            self._wakeups.send(Stage.DEPTH)

    def _estimator(self, name: str) -> tuple[str, Estimator]:
        """The model that a name means here, loaded."""
        wanted = self._settings.depth_model if name == registry.AUTO else name
        row = registry.choose(wanted, self._settings.weights, self._settings.depth_backend)
        return row.name, self._load(row.name)
