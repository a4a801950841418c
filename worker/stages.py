"""The two stages of a job as a worker runs them: claim, load, call the pipeline, store, finish."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import groupby
from typing import TypeVar

from shared.errors import ClaimLostError, PhotoError, ReliefError
from shared.jobs import Claim, Finished, JobStore, Problem, Stage, State, StoredFile
from shared.photo import read_photo
from shared.pointcloud import PointCloud
from shared.queue import Hints
from shared.settings import Settings
from shared.storage import PHOTO, PHOTO_FOLDER, Storage
from worker import pipeline
from worker.depth import registry
from worker.depth.estimator import DepthMap, Estimator, Photo
from worker.leases import Leases

log = logging.getLogger(__name__)

T = TypeVar("T")

LOADED_MODELS = 2
BUG = Problem(
    type="internal",
    title="The photo could not be processed",
    detail="Something went wrong on our side; it has been logged. Trying again may help.",
)


class Worker:
    """Runs stages of jobs; one to a process."""

    def __init__(self, store: JobStore, storage: Storage, hints: Hints, settings: Settings) -> None:
        self._store, self._storage, self._hints, self._settings = store, storage, hints, settings
        self._load = lru_cache(LOADED_MODELS)(self._loaded)

    def work(self, stage: Stage) -> None:
        """Claim waiting jobs of the stage and run them; returns at once where none wait."""
        limit = self._settings.depth_batch if stage is Stage.DEPTH else 1
        claims = self._store.claim(
            stage, limit=limit, lease_s=self._settings.lease_s, stage_limit_s=self._settings.stage_limit_s
        )
        if not claims:
            return
        run: dict[Stage, Callable[[Sequence[Claim]], None]] = {
            Stage.DEPTH: self._depth,
            Stage.MODEL: partial(self._each, step=self._build),
            Stage.EXPORT: partial(self._each, step=self._export),
        }
        with Leases(self._store, claims, self._settings.lease_s):
            run[stage](claims)

    def warm_up(self) -> None:
        """Load the model of jobs that name none."""
        self._estimator("auto")

    def _depth(self, claims: Sequence[Claim]) -> None:
        """Photo to depth map, for a batch of jobs."""
        for name, batch in groupby(sorted(claims, key=_model_name), key=_model_name):
            photos = [(claim, photo) for claim in batch if (photo := self._guarded(claim, self._photo)) is not None]
            if photos:
                self._estimate(name, [claim for claim, _ in photos], [photo for _, photo in photos])

    def _estimate(self, name: str, claims: Sequence[Claim], photos: Sequence[Photo]) -> None:
        """One batch of one model through the network."""
        try:
            model, estimator = self._estimator(name)
            results = estimator.estimate(photos)
        except ReliefError as error:
            for claim in claims:
                self._fail(claim, problem_of(error))
            return
        except Exception:  # a bug, or a device that failed: the log has it
            log.exception("a batch of %d photos failed in %s", len(claims), name)
            self._try_alone(claims)
            return
        for claim, result in zip(claims, results, strict=True):
            self._guarded(claim, partial(self._store_depth, model=model, result=result))

    def _try_alone(self, claims: Sequence[Claim]) -> None:
        """After a batch failed as a whole: each of its jobs runs alone, so that one bad photo fails alone."""
        if len(claims) == 1:
            self._fail(claims[0], BUG)
            return
        for claim in claims:
            self._store.hand_back(claim, attempt_counts=True)
            self._hints.send(claim.job.stage)

    def _store_depth(self, claim: Claim, *, model: str, result: DepthMap | PhotoError) -> None:
        if isinstance(result, PhotoError):
            raise result
        self._store.progress(claim, 0.8)
        files = pipeline.depth_files(result, model=model)
        self._finish(claim, files, {**result.report, "model": model}, model_name=model)

    def _each(self, claims: Sequence[Claim], step: Callable[[Claim], None]) -> None:
        for claim in claims:
            self._guarded(claim, step)

    def _build(self, claim: Claim) -> None:
        """Depth map to point cloud."""
        job = claim.job
        depth_file = job.files[pipeline.DEPTH_FILE]
        depth_map = pipeline.load_depth(self._storage.read(job.id, depth_file.folder, depth_file.name))
        photo = self._photo(claim)
        self._store.progress(claim, 0.2)
        cloud, report = pipeline.build_cloud(depth_map, photo.pixels, job.model)
        self._store.progress(claim, 0.7)
        files = pipeline.cloud_files(cloud, job.model, model=job.model_name or "unknown")
        files[pipeline.CLOUD_FILE] = gzip.compress(files[pipeline.CLOUD_FILE], 6)
        self._finish(claim, files, report)

    def _export(self, claim: Claim) -> None:
        """Point cloud to meshes for other programs."""
        job = claim.job
        cloud_file = job.files[pipeline.CLOUD_FILE]
        cloud = PointCloud.from_bytes(gzip.decompress(self._storage.read(job.id, cloud_file.folder, cloud_file.name)))
        pixels = self._photo(claim).pixels
        self._store.progress(claim, 0.1)
        self._finish(claim, pipeline.mesh_files(cloud, pixels, job.model, model=job.model_name or "unknown"), {})

    def _photo(self, claim: Claim) -> Photo:
        job = claim.job
        pixels = read_photo(self._storage.read(job.id, PHOTO_FOLDER, PHOTO), limit_mp=self._settings.upload_mp).pixels
        if job.stage is Stage.DEPTH:
            self._store.progress(claim, 0.1)
        return Photo(pixels, focal_35mm=job.photo.focal_35mm, fov_x_deg=job.depth.fov_x_deg)

    def _finish(self, claim: Claim, files: dict[str, bytes], report: dict, model_name: str | None = None) -> None:
        """Write the run's files to its own folder, make them count, and tell whoever is next."""
        job = claim.job
        stored = [
            StoredFile(
                name=name,
                folder=claim.folder,
                stage=job.stage,
                bytes=self._storage.write(job.id, claim.folder, name, data),
            )
            for name, data in files.items()
        ]
        self._store.finish(claim, Finished(stored, report, model_name))
        log.info("job %s: %s done", job.id, job.stage)
        after = self._store.get(job.id)
        if after.state is State.QUEUED:
            self._hints.send(after.stage)
        self._delete_old_runs(claim)

    def _delete_old_runs(self, claim: Claim) -> None:
        """Delete the folders of earlier runs of this stage, and the exports of an earlier model: they count no more."""
        job = claim.job
        old = {folder for folder in self._storage.folders(job.id) if folder.startswith(f"{job.stage}-")}
        if job.stage is Stage.MODEL:
            old |= {file.folder for file in job.export_files}
        for folder in old - {claim.folder}:
            self._storage.delete(job.id, folder)

    def _guarded(self, claim: Claim, step: Callable[[Claim], T]) -> T | None:
        """Run one job's step so that its failure is its own; None where it failed or was taken away."""
        try:
            return step(claim)
        except ClaimLostError as error:
            log.info("dropped: %s", error)
            self._storage.delete(claim.job.id, claim.folder)
        except ReliefError as error:
            self._fail(claim, problem_of(error))
        except Exception:  # a bug in one job must not take the batch's others down; the job says so and the log has it
            log.exception("job %s failed in stage %s", claim.job.id, claim.job.stage)
            self._fail(claim, BUG)
        return None

    def _fail(self, claim: Claim, problem: Problem) -> None:
        try:
            self._store.fail(claim, problem)
        except ClaimLostError as error:
            log.info("not failed: %s", error)
        self._storage.delete(claim.job.id, claim.folder)

    def _estimator(self, name: str) -> tuple[str, Estimator]:
        """The model that a name means here, loaded."""
        wanted = self._settings.depth_model if name == "auto" else name
        row = registry.choose(wanted, self._settings.weights)
        return row.name, self._load(row.name)

    def _loaded(self, name: str) -> Estimator:
        return registry.load(name, self._settings.weights)


def problem_of(error: ReliefError) -> Problem:
    """What a person should be told of an error that ended a job."""
    title = "The photo cannot be used" if isinstance(error, PhotoError) else "The photo could not be processed"
    kind = type(error).__name__.removesuffix("Error")
    return Problem(
        type="".join(f"-{c.lower()}" if c.isupper() else c for c in kind).strip("-"), title=title, detail=str(error)
    )


def _model_name(claim: Claim) -> str:
    return claim.job.depth.model
