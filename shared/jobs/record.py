"""The job record: its states, and what it holds."""

from __future__ import annotations

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


ENDS = (State.SUCCEEDED, State.FAILED, State.CANCELED)


class Stage(StrEnum):
    """A step of the work, in their order; also the name of its Celery queue."""

    DEPTH = "depth"
    MODEL = "model"
    HEAD = "head"
    EXPORT = "export"


class PhotoInfo(BaseModel):
    """What is known of the stored photo; bytes as stored.

    focal_35mm is in mm, None where the upload did not say; focal_doubt says why what it said is not believed, damage
    what its picture lacks. Records of the release before have neither.
    """

    model_config = ConfigDict(frozen=True)

    width: int
    height: int
    bytes: int = 0
    focal_35mm: float | None = None
    focal_doubt: str | None = None
    damage: str | None = None


class DisparityInfo(BaseModel):
    """What is known of the stored disparity map that came with a photo; bytes as stored."""

    model_config = ConfigDict(frozen=True)

    width: int
    height: int
    bytes: int


def pixels_of(photo: PhotoInfo, disparity: DisparityInfo | None) -> int:
    """Pixels of a photo and of the disparity map that came with it."""
    return sum(one.width * one.height for one in (photo, disparity) if one)


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


class StageResult(BaseModel):
    """What the latest run of a stage left, how long it took, and how long the job waited for it, in seconds."""

    model_config = ConfigDict(frozen=True)

    run_s: float
    queued_s: float
    files: tuple[StoredFile, ...]
    report: dict[str, Any]


class Job(BaseModel):
    """A job record as it was at one moment. Times are milliseconds since 1970 by Redis's clock, lengths seconds."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str
    group: str | None = None  # whom the owner counts with; records of the release before have none
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
    disparity: DisparityInfo | None = None
    depth: DepthOptions
    model: ModelOptions
    created_ms: int
    queued_ms: int
    started_ms: int | None = None
    finished_ms: int | None = None
    expires_ms: int | None = None
    model_name: str | None = None
    stages: dict[Stage, StageResult]
    error: Problem | None = None
    rough: StoredFile | None = None  # the point cloud of landmarks alone
    put_off_ms: int = 0  # how long it has waited for storage in its present stage
    expected_s: float | None = None  # how long its present run was expected to take when it began

    @property
    def files(self) -> dict[str, StoredFile]:
        """All results by name."""
        return {file.name: file for stage in Stage for file in self.files_of(stage)}

    def files_of(self, stage: Stage) -> tuple[StoredFile, ...]:
        """The results of a stage; none before its first run has ended."""
        return self.stages[stage].files if stage in self.stages else ()

    @property
    def preview(self) -> StoredFile | None:
        """The rough point cloud, while a run's own points are still to come.

        A worker of the release before leaves it in the record where it makes the points.
        """
        return self.rough if self.stage in (Stage.DEPTH, Stage.MODEL) and not self.ended else None

    @property
    def pixels(self) -> int:
        """Of the photo and of the disparity map that came with it."""
        return pixels_of(self.photo, self.disparity)

    @property
    def ended(self) -> bool:
        """True in a state that only a user's wish can leave."""
        return self.state in ENDS


SHARES = {Stage.DEPTH: 0.35, Stage.MODEL: 0.1, Stage.HEAD: 0.35, Stage.EXPORT: 0.2}
"""Of the time that a job of all steps takes, measured without a GPU on photos of half a megapixel to nine."""


def overall_progress(job: Job, fraction: float) -> float:
    """Progress of the whole job, 0..1, when `fraction` of its present stage is done."""
    before = sum(SHARES[step] for step in job.steps[: job.steps.index(job.stage)])
    return (before + fraction * SHARES[job.stage]) / sum(SHARES[step] for step in job.steps)
