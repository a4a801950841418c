"""What the API answers: one model for each kind of document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from shared.jobs.record import DisparityInfo, PhotoInfo, Problem, Stage, State
from shared.options import DepthOptions, ModelOptions
from shared.results import ResultFile


class Result(BaseModel):
    """A file that can be fetched."""

    name: str
    url: str
    bytes: int
    stage: Stage
    media_type: str
    label: str
    description: str
    hidden: bool


class JobSettings(BaseModel):
    """What the user chose."""

    depth: DepthOptions
    model: ModelOptions


class Timings(BaseModel):
    """Seconds spent; null where not yet known."""

    depth_queued_s: float | None
    depth_s: float | None
    model_queued_s: float | None
    model_s: float | None
    head_queued_s: float | None
    head_s: float | None
    export_queued_s: float | None
    export_s: float | None


class JobDocument(BaseModel):
    """A job: where it stands, what it gave, and where to go from here.

    preview: whether the results have `rough.rlf`, which the run's own `cloud.rlf` takes the place of.
    """

    id: str
    state: State
    stage: Stage
    steps: tuple[Stage, ...]
    progress: float
    message: str
    attempt: int
    queue_position: int | None
    expected_seconds: float | None
    model: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    expires_in_s: float | None
    timings: Timings
    photo: PhotoInfo
    disparity: DisparityInfo | None
    settings: JobSettings
    report: dict[str, Any] | None
    results: list[Result]
    preview: bool
    error: Problem | None
    links: dict[str, str]
    share_url: str | None


class JobList(BaseModel):
    """Some of one's jobs, newest first; `next` is the URL of those behind them."""

    jobs: list[JobDocument]
    next: str | None


class Shared(BaseModel):
    """A link for others: to the page, and the token that takes the place of the job's id in the API."""

    url: str
    token: str


class Deleted(BaseModel):
    """What was removed; `left` are files that storage refused to delete just now: it is tried again until it does."""

    deleted: str
    files: list[str]
    left: list[str]


class DepthModel(BaseModel):
    """A depth model that the workers know, and the licence of its weights."""

    name: str
    title: str
    unit: str
    licence: str
    ready: bool
    non_commercial: bool


class ModelList(BaseModel):
    """The depth models; `default` is the one that `auto` takes."""

    models: list[DepthModel]
    default: str | None


class OptionList(BaseModel):
    """JSON Schemas of the settings of each stage, and the files that a job may have."""

    depth: dict[str, Any]
    model: dict[str, Any]
    results: list[ResultFile]


class WorkerCount(BaseModel):
    """Whether this process answers, or how many workers each stage has."""

    status: str | None = None
    workers: dict[Stage, int] | None = None


class FileLink(BaseModel):
    """Where one file can be read without cookie or key, and for how long."""

    url: str
    expires_in_s: int


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
