"""The job record: its states, what it holds, and what a claim on it is. shared.store keeps records in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.options import DepthOptions, ModelOptions


class State(StrEnum):
    """Where a job stands; succeeded, failed and canceled are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class Stage(StrEnum):
    """A step of the work; also the name of its Celery queue."""

    DEPTH = "depth"
    MODEL = "model"
    EXPORT = "export"


class PhotoInfo(BaseModel):
    """What is known of the stored photo; focal_35mm in mm, None where the upload did not say; bytes as stored."""

    model_config = ConfigDict(frozen=True)

    width: int
    height: int
    bytes: int = 0
    focal_35mm: float | None = None


class Problem(BaseModel):
    """Why a job failed, for a person: a stable type, a short title, and what would help."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    detail: str


class StoredFile(BaseModel):
    """A result on storage: its name, the folder of the run that wrote it, and its size."""

    model_config = ConfigDict(frozen=True)

    name: str
    folder: str
    bytes: int
    stage: Stage


class Job(BaseModel):
    """A job record as it was at one moment. Times are milliseconds since 1970 by Redis's clock, lengths seconds."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str
    state: State
    stage: Stage
    steps: tuple[Stage, ...]
    progress: float
    attempt: int
    run: str
    worker: str | None = None
    request_id: str = "-"
    share: str | None = None
    version: int
    photo: PhotoInfo
    depth: DepthOptions
    model: ModelOptions
    created_ms: int
    queued_ms: int
    started_ms: int | None = None
    finished_ms: int | None = None
    expires_ms: int | None = None
    depth_s: float | None = None
    model_s: float | None = None
    export_s: float | None = None
    depth_queued_s: float | None = None
    model_queued_s: float | None = None
    export_queued_s: float | None = None
    model_name: str | None = None
    depth_files: tuple[StoredFile, ...] = ()
    model_files: tuple[StoredFile, ...] = ()
    export_files: tuple[StoredFile, ...] = ()
    depth_report: dict[str, Any] | None = None
    model_report: dict[str, Any] | None = None
    export_report: dict[str, Any] | None = None
    error: Problem | None = None

    @property
    def files(self) -> dict[str, StoredFile]:
        """All results by name."""
        return {file.name: file for file in (*self.depth_files, *self.model_files, *self.export_files)}

    @property
    def ended(self) -> bool:
        """True in a state that only a user's wish can leave."""
        return self.state in (State.SUCCEEDED, State.FAILED, State.CANCELED)


@dataclass(frozen=True)
class Claim:
    """The right of one run to work on one job."""

    job: Job
    run: str

    @property
    def folder(self) -> str:
        """The folder on storage that only this run writes to."""
        return f"{self.job.stage}-{self.run}"


@dataclass(frozen=True)
class Finished:
    """What a run of a stage leaves in the job record."""

    files: Sequence[StoredFile]
    report: dict[str, Any]
    model_name: str | None = None


@dataclass(frozen=True)
class Idempotency:
    """What makes a repeated request the same one: the client's key, and the hash of all that it sent."""

    key: str
    body: str


@dataclass(frozen=True)
class Limits:
    """What a new job must not exceed, and how long its results are kept after its end."""

    all_waiting: int = 2000
    owner_waiting: int = 100
    owner_megapixels: float = 2000
    address_waiting: int = 1000
    keep_s: float = 24 * 3600.0


@dataclass(frozen=True)
class Pace:
    """How a stage gets on: names of its workers, jobs waiting and running, how quick its latest runs were, if any.

    run_s: seconds from the claim of a job to its end, the median. cost_s: seconds of a worker's time for each job, the
    mean: in a batch of eight, each job runs for as long as all of them, and costs an eighth of it.
    """

    workers: frozenset[bytes]
    waiting: int
    running: int
    run_s: float | None
    cost_s: float | None


@dataclass(frozen=True)
class JobPage:
    """Some of an owner's jobs, newest first; `next` is the cursor of the page behind it, None at the end."""

    jobs: list[Job]
    next: int | None


SHARES = {Stage.DEPTH: 0.5, Stage.MODEL: 0.2, Stage.EXPORT: 0.3}  # of the wait for a job of all steps, as measured


def overall_progress(job: Job, fraction: float) -> float:
    """Progress of the whole job, 0..1, when `fraction` of its present stage is done."""
    before, whole = _shares(job)
    return (before + fraction * SHARES[job.stage]) / whole


def stage_progress(job: Job) -> float:
    """How much of its present stage a job has done, 0..1; the other way round."""
    before, whole = _shares(job)
    return min(1.0, max(0.0, (job.progress * whole - before) / SHARES[job.stage]))


def _shares(job: Job) -> tuple[float, float]:
    """The shares of the stages behind the job, and of all its stages."""
    before = sum(SHARES[step] for step in job.steps[: job.steps.index(job.stage)])
    return before, sum(SHARES[step] for step in job.steps)
