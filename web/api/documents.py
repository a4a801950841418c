"""The job as clients see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import url_for

from shared.jobs.record import Job, Stage, State
from shared.results import ARCHIVE, CLOUD, PHOTO, THUMBNAIL, VIEW, ResultFile, in_order
from shared.viewer import view_bytes
from web.access import share_token
from web.api.archive import archive_bytes, archived
from web.api.schemas import JobDocument, JobSettings, Result, Timings
from web.expected import expected_seconds
from web.services import services


def job_document(job: Job) -> JobDocument:
    """What the API says of a job; asks for its position in the queue."""
    before = services().statistics.jobs_before(job) if job.state is State.QUEUED else None
    return JobDocument(
        id=share_token() or job.id,
        state=job.state,
        stage=job.stage,
        steps=job.steps,
        progress=job.progress,
        message=_message(job, before),
        attempt=job.attempt,
        queue_position=None if before is None else before + 1,
        expected_seconds=None if job.ended else expected_seconds(job, before, services().recent_statistics.now()),
        model=job.model_name,
        created_at=_time(job.created_ms),
        started_at=_time(job.started_ms) if job.started_ms else None,
        finished_at=_time(job.finished_ms) if job.finished_ms else None,
        expires_at=_time(job.expires_ms) if job.expires_ms and job.ended else None,
        timings=_timings(job),
        photo=job.photo,
        settings=JobSettings(depth=job.depth, model=job.model),
        report=_report(job),
        results=_results(job),
        error=job.error,
        links=_links(job),
        share_url=share_url(job.share) if job.share and not share_token() else None,
    )


def share_url(token: str) -> str:
    """The page's URL for whoever has the token of a shared job."""
    return url_for("page", _external=True, _anchor=f"job={token}")


def _message(job: Job, before: int | None) -> str:
    """One sentence on where the job stands."""
    again = f" (attempt {job.attempt})" if job.attempt > 1 else ""
    if job.state is State.QUEUED:
        return "Next in line." if not before else f"Waiting: {before} before this one."
    if job.state is State.RUNNING:
        doing = {
            Stage.DEPTH: "Estimating depth",
            Stage.MODEL: "Building the 3D model",
            Stage.EXPORT: "Writing meshes for other programs",
        }
        return f"{doing[job.stage]}{again}."
    if job.state is State.FAILED and job.error:
        return job.error.detail
    return {State.SUCCEEDED: "Ready.", State.CANCELED: "Canceled.", State.FAILED: "Failed."}[job.state]


def _timings(job: Job) -> Timings:
    seconds: dict[str, float | None] = {}
    for stage in Stage:
        result = job.stages.get(stage)
        seconds[f"{stage}_queued_s"] = result.queued_s if result else None
        seconds[f"{stage}_s"] = result.run_s if result else None
    return Timings(**seconds)


def _report(job: Job) -> dict[str, Any] | None:
    depth, model = job.stages.get(Stage.DEPTH), job.stages.get(Stage.MODEL)
    return {**depth.report, **(model.report if model else {})} if depth else None


def _results(job: Job) -> list[Result]:
    """The stored files, and those that are made of them on request."""
    if not job.files:
        return []
    versions = {name: (file.folder, file.bytes) for name, file in job.files.items()}
    if cloud := job.files.get(CLOUD):
        versions[VIEW] = (cloud.folder, view_bytes(cloud.bytes, color=job.model.color))
    sizes = {PHOTO: job.photo.bytes} | {file.name: file.bytes for file in archived(job)}
    versions[ARCHIVE] = (str(job.version), archive_bytes(sizes))
    return [_result(job, file, *versions[file.name]) for file in in_order(versions)]


def _result(job: Job, file: ResultFile, version: str, size: int) -> Result:
    return Result(
        name=file.name,
        url=_result_url(job, file.name, version),
        bytes=size,
        stage=file.stage or job.stage,
        media_type=file.media_type,
        label=file.label,
        description=file.description,
        hidden=file.hidden,
    )


def _links(job: Job) -> dict[str, str]:
    links = {"self": _url("jobs.show", job), "events": _url("events.events", job)}
    if job.state is not State.CANCELED:  # then its files are gone
        links["photo"] = _result_url(job, PHOTO)
        links["thumbnail"] = _result_url(job, THUMBNAIL)
    if share_token():
        return links
    links["delete"] = _url("jobs.delete", job)
    if job.files_of(Stage.DEPTH):
        links["share"] = _url("jobs.share", job)
    if job.state in (State.SUCCEEDED, State.FAILED):
        links["extend"] = _url("jobs.extend", job)
    if job.state is State.FAILED:
        links["retry"] = _url("jobs.retry", job)
    if not job.ended:
        links["cancel"] = _url("jobs.cancel", job)
    if job.files_of(Stage.DEPTH) and job.state in (State.SUCCEEDED, State.FAILED):
        links["model"] = _url("jobs.build_model", job)
    return links


def _url(endpoint: str, job: Job) -> str:
    return url_for(endpoint, job_id=share_token() or job.id)


def _result_url(job: Job, name: str, run: str | None = None) -> str:
    """The run makes it a new URL when a newer result takes the place of an older one."""
    return url_for("results.download", job_id=share_token() or job.id, name=name, run=run)


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
