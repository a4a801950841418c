"""The stages of a job as a worker process runs them: claim, load, call the pipeline, store."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Callable
from functools import lru_cache, partial

from shared.cloud.format import cloud_from_bytes
from shared.jobs.record import Claim, Stage
from shared.jobs.store import JobStore
from shared.jobs.wakeups import Hints
from shared.jobs.workers import Workers
from shared.results import CLOUD, DEPTH_VALUES
from shared.settings import Settings
from shared.storage.base import Storage
from worker import pipeline
from worker.depth import registry
from worker.depth.estimator import Estimator
from worker.depth.format import depth_map_from_bytes
from worker.gpu import gpu_memory_bytes
from worker.report import report_of
from worker.stages.context import Runs
from worker.stages.depth import DepthBatches
from worker.stages.leases import Leases

LOADED_MODELS = 2
LONGEST_TASK_S = 30.0  # then a task lets go and hints again, so that Celery's time limits keep their meaning


class Worker:
    """Runs stages of jobs; one to a process.

    stopping: True when the process is to take no more work.
    load: gives the estimator of a model's name; the registry's where none is given.
    """

    def __init__(
        self,
        store: JobStore,
        storage: Storage,
        hints: Hints,
        settings: Settings,
        *,
        stopping: Callable[[], bool] = lambda: False,
        load: Callable[[str], Estimator] | None = None,
    ) -> None:
        self._store, self._storage, self._hints, self._settings = store, storage, hints, settings
        self._stopping = stopping
        self._load = lru_cache(LOADED_MODELS)(load or _loader(settings))

    def work(self, stage: Stage) -> None:
        """Run waiting jobs of the stage; returns at once where none wait."""
        with Leases(self._store, self._settings.lease_s) as leases:
            runs = Runs(self._store, self._storage, self._hints, self._settings, leases)
            if stage is Stage.DEPTH:
                self._depth(runs)
            else:
                self._one(runs, stage)

    def warm_up(self) -> None:
        """Load the model of jobs that name none."""
        self._estimator("auto")

    def _depth(self, runs: Runs) -> None:
        until = time.monotonic() + LONGEST_TASK_S
        DepthBatches(runs, self._estimator, lambda: time.monotonic() < until and not self._stopping()).run()
        if (used_bytes := gpu_memory_bytes()) is not None:
            Workers(self._store.redis).tell_gpu_memory(f"{socket.gethostname()}:{os.getpid()}", used_bytes)
        if time.monotonic() >= until:
            self._hints.send(Stage.DEPTH)

    def _one(self, runs: Runs, stage: Stage) -> None:
        step = {Stage.MODEL: _build, Stage.EXPORT: _export}[stage]
        for claim in [] if self._stopping() else runs.claim(stage, 1):
            runs.guarded(claim, partial(step, runs))

    def _estimator(self, name: str) -> tuple[str, Estimator]:
        """The model that a name means here, loaded."""
        wanted = self._settings.depth_model if name == registry.AUTO else name
        row = registry.choose(wanted, self._settings.weights)
        return row.name, self._load(row.name)


def _loader(settings: Settings) -> Callable[[str], Estimator]:
    """Loads a depth model by its name, as the settings say."""
    options = registry.LoadOptions(backend=settings.depth_backend)
    return partial(registry.load, folder=settings.weights, options=options)


def _build(runs: Runs, claim: Claim) -> None:
    """Depth map to point cloud."""
    job = claim.job
    file = job.files[DEPTH_VALUES]
    depth_map = depth_map_from_bytes(runs.storage.read(job.id, file.folder, file.name))
    pixels = runs.photo(claim).pixels
    runs.store.progress(claim, 0.2)
    cloud, found = pipeline.build_cloud(depth_map, pixels, job.model)
    runs.store.progress(claim, 0.7)
    model = job.model_name or "unknown"
    report = report_of(depth_map.report, found, model=model, depth_options=job.depth, model_options=job.model)
    files = pipeline.cloud_files(cloud, pixels, job.model, model=model) | pipeline.report_files(report)
    files[CLOUD] = gzip.compress(files[CLOUD], 6)
    runs.finish(claim, files, found | {"lengths": report["lengths"]})


def _export(runs: Runs, claim: Claim) -> None:
    """Point cloud to meshes for other programs."""
    job = claim.job
    file = job.files[CLOUD]
    cloud = cloud_from_bytes(gzip.decompress(runs.storage.read(job.id, file.folder, file.name)))
    pixels = runs.photo(claim).pixels
    runs.store.progress(claim, 0.1)
    runs.finish(claim, pipeline.mesh_files(cloud, pixels, job.model, model=job.model_name or "unknown"), {})
