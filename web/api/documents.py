"""The job as clients see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import url_for

from shared.head.accuracy import SizeSource
from shared.jobs.record import Job, Stage, State
from shared.results import ARCHIVE, CLOUD, HEAD, PHOTO, ROUGH, THUMBNAIL, VIEW, ResultFile, in_order
from shared.viewer import view_bytes
from web.access import is_shared, name_of
from web.api.archive import archive_bytes, archived
from web.api.schemas import JobDocument, JobSettings, Result, Timings
from web.services import services


def lasting_document(job: Job) -> JobDocument:
    """What the API says of a job as long as its record stays as it is; what passes is empty."""
    return JobDocument(
        id=name_of(job),
        state=job.state,
        stage=job.stage,
        steps=job.steps,
        progress=0,
        message="",
        attempt=job.attempt,
        queue_position=None,
        expected_seconds=None,
        model=job.model_name,
        created_at=_time(job.created_ms),
        started_at=_time(job.started_ms) if job.started_ms else None,
        finished_at=_time(job.finished_ms) if job.finished_ms else None,
        expires_at=_time(job.expires_ms) if job.expires_ms and job.ended else None,
        expires_in_s=None,
        timings=_timings(job),
        photo=job.photo,
        disparity=job.disparity,
        settings=JobSettings(depth=job.depth, model=job.model),
        report=_report(job),
        results=_results(job),
        preview=job.preview is not None,
        error=job.error,
        links=_links(job),
        share_url=share_url(job.share) if job.share and not is_shared() else None,
    )


def share_url(token: str) -> str:
    """The page's URL for whoever has the token of a shared job."""
    return url_for("shared_page", token=token, _external=True)


def size_source(job: Job) -> SizeSource | None:
    """What the size of a job's face is known from."""
    depth = job.stages.get(Stage.DEPTH)
    return depth.report.get("scale", {}).get("source") if depth else None


def message_of(job: Job, before: int | None) -> str:
    """One sentence on where the job stands."""
    again = f" (attempt {job.attempt})" if job.attempt > 1 else ""
    if job.state is State.QUEUED and job.put_off_ms:
        return "Waiting: our storage does not take or give the files just now. It is tried again, and nothing is lost."
    if job.state is State.QUEUED:
        return "Next in line." if not before else f"Waiting: {before} before this one."
    if job.state is State.RUNNING:
        doing = {
            Stage.DEPTH: "Estimating depth",
            Stage.MODEL: "Building the 3D model",
            Stage.HEAD: "Building the whole head",
            Stage.EXPORT: "Writing meshes for other programs",
        }
        return f"{doing[job.stage]}{again}."
    if job.state is State.FAILED and job.error:
        return job.error.detail
    if job.state is State.CANCELED and services().removals.waits(job.id):
        return "Canceled. Our storage does not delete the files just now; this is tried again until it does."
    return {State.SUCCEEDED: "Ready.", State.CANCELED: "Canceled.", State.FAILED: "Failed."}[job.state]


def _timings(job: Job) -> Timings:
    seconds: dict[str, float | None] = {}
    for stage in Stage:
        result = job.stages.get(stage)
        seconds[f"{stage}_queued_s"] = result.queued_s if result else None
        seconds[f"{stage}_s"] = result.run_s if result else None
    return Timings(**seconds)


def _report(job: Job) -> dict[str, Any] | None:
    reports = [result.report for stage in Stage if (result := job.stages.get(stage))]
    return {name: value for report in reports for name, value in report.items()} if reports else None


def _results(job: Job) -> list[Result]:
    """The stored files, and those that are made of them on request."""
    stored = job.files | ({ROUGH: job.preview} if job.preview else {})
    versions = {name: (file.folder, file.bytes) for name, file in stored.items()}
    if cloud := job.files.get(CLOUD):
        head = job.files.get(HEAD)
        size = view_bytes(cloud.bytes, head.bytes if head else 0, color=job.model.color, size_from=size_source(job))
        versions[VIEW] = ("-".join([cloud.folder, *([head.folder] if head else [])]), size)
    if job.files:
        sizes = {PHOTO: job.photo.bytes} | {file.name: file.bytes for file in archived(job)}
        versions[ARCHIVE] = (str(job.version), archive_bytes(sizes))
    return [_result(job, file, *versions[file.name]) for file in in_order(versions)]


def _result(job: Job, file: ResultFile, version: str, size: int) -> Result:
    url = _url("results.download", job, name=file.name, run=version)  # a newer result has another URL
    own = {"url": url, "bytes": size, "stage": file.stage or job.stage}
    return Result(**vars(file) | own)


def _links(job: Job) -> dict[str, str]:
    """What can be done with the job now, by name."""
    own, results_stay = not is_shared(), job.state in (State.SUCCEEDED, State.FAILED)
    has_photo, has_depth = job.state is not State.CANCELED, bool(job.files_of(Stage.DEPTH))
    offered = {
        "self": ("jobs.show", True),
        "events": ("events.events", True),
        "photo": ("results.download", has_photo),
        "thumbnail": ("results.download", has_photo),
        "delete": ("jobs.delete", own),
        "share": ("jobs.share", own and has_depth),
        "extend": ("jobs.extend", own and results_stay),
        "retry": ("jobs.retry", own and job.state is State.FAILED),
        "cancel": ("jobs.cancel", own and not job.ended),
        "depth": ("jobs.estimate_depth", own and results_stay),
        "model": ("jobs.build_model", own and has_depth and results_stay),
    }
    names = {"photo": PHOTO, "thumbnail": THUMBNAIL}
    return {link: _url(endpoint, job, name=names.get(link)) for link, (endpoint, has_it) in offered.items() if has_it}


def _url(endpoint: str, job: Job, **parts: Any) -> str:
    return url_for(endpoint, job_id=name_of(job), **parts)


def seconds_until(ms: int) -> float:
    """So that a client with a wrong clock can tell; never below 0."""
    return round(max(0.0, (ms - services().clock.now_ms()) / 1000), 1)


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
