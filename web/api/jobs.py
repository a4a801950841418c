"""Jobs: send a photo, ask how it stands, list one's own, cancel, try again, build another 3D model, delete."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import Response, g, jsonify, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType

from shared.errors import JobConflictError, ModelError, ReliefError
from shared.jobs.record import Job, Limits, PhotoInfo, Stage, State
from shared.jobs.workers import Workers
from shared.logs import request_id
from shared.options import ModelOptions
from shared.photo.decode import check_bytes, jpeg_from_pixels, read_photo
from shared.results import PHOTO
from shared.settings import Settings
from shared.storage.folder import PHOTO_FOLDER
from shared.webhooks.queue import Webhook, check_url
from web.access import address, caller, own_job, owner, readable_job
from web.api.answers import answer, answer_when_changed, ended_in_time, wished_wait_s
from web.api.documents import JobList, Shared, job_document, share_url
from web.intake.space import check_space
from web.intake.submission import Submission, chosen, read_submission
from web.services import services

blueprint = APIBlueprint("jobs", __name__)

SETTINGS_BYTES = 64_000


class PageQuery(BaseModel):
    """Which part of one's jobs to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(20, ge=1, le=100, description="At most so many jobs.")
    cursor: int | None = Field(None, ge=0, le=2**53, description="Where the page before ended; comes in its `next`.")


@dataclass(frozen=True)
class StoredPhoto:
    """A photo as it will be stored, and what is known of it."""

    jpeg: bytes
    info: PhotoInfo


@blueprint.post("/jobs")
def create() -> Response:
    """Take a photo and queue its job; 202 once photo and job are safely stored."""
    wished_wait_s()  # refuse a wrong wish before any work
    job = ended_in_time(_submitted())
    return answer(job, 200 if job.ended else 202)


def _submitted() -> Job:
    """The job of this request. The photo's bytes are let go with it: the client may wait for the end much longer."""
    submission = read_submission()
    _check_model(submission.depth.model)
    limits = services().settings
    job_id = uuid.uuid4().hex
    webhook = submission.form.wish(url_for("jobs.show", job_id=job_id, _external=True))
    if webhook:
        check_url(webhook.url, private=limits.webhook_private)
    check_bytes(len(submission.photo), limits.upload_mb)
    check_space(services())
    return _accept(job_id, _stored_photo(submission.photo, limits.upload_mp), submission, webhook)


@blueprint.get("/jobs")
def index() -> Response:
    """One's own jobs, newest first."""
    query = chosen(PageQuery, request.args)
    known, store = caller(), services().store
    if known is None:
        return _listed(JobList(jobs=[], next=None))
    page = store.page(known, cursor=query.cursor, limit=query.limit)
    following = url_for("jobs.index", cursor=page.next, limit=query.limit) if page.next else None
    return _listed(JobList(jobs=[job_document(job, store) for job in page.jobs], next=following))


@blueprint.get("/jobs/<job_id>")
def show(job_id: str) -> Response:
    """How a job stands; 304 where nothing changed since the client's ETag, which `?wait=N` puts off for N seconds."""
    return answer_when_changed(lambda: readable_job(job_id))


@blueprint.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Stop a job. Without its depth it is canceled and its files go; else it keeps the results that it has."""
    job = services().store.cancel(own_job(job_id).id)
    if job.state is State.CANCELED:
        services().storage.delete(job_id)
    return answer(job)


@blueprint.post("/jobs/<job_id>/retry")
def retry(job_id: str) -> Response:
    """Run the stage that failed, and those behind it, once more."""
    return _queued(services().store.retry(own_job(job_id).id, _limits(services().settings)))


@blueprint.post("/jobs/<job_id>/model")
def build_model(job_id: str) -> Response:
    """Build a 3D model from the depth that is stored, with other settings; the network does not run again."""
    job = own_job(job_id)
    options = chosen(ModelOptions, _json_body())
    if not job.depth_files:
        raise JobConflictError("this job has no depth map yet; wait for its depth stage")
    steps, limits = (Stage.MODEL, Stage.EXPORT), _limits(services().settings)
    return _queued(services().store.requeue(job.id, Stage.MODEL, steps, options, limits=limits))


@blueprint.post("/jobs/<job_id>/extend")
def extend(job_id: str) -> Response:
    """Keep the results for the whole time from now on."""
    return answer(services().store.extend(own_job(job_id).id))


@blueprint.post("/jobs/<job_id>/share")
def share(job_id: str) -> Response:
    """A link to see this job without being its owner; the same one until it is revoked."""
    token = services().store.share(own_job(job_id).id)
    document = Shared(url=share_url(token), token=token)
    return jsonify(document.model_dump(mode="json"))


@blueprint.delete("/jobs/<job_id>/share")
def unshare(job_id: str) -> Response:
    """Revoke the link: whoever has it sees nothing any more."""
    services().store.unshare(own_job(job_id).id)
    return Response(status=204)


@blueprint.delete("/jobs/<job_id>")
def delete(job_id: str) -> Response:
    """Remove a job and all of its files; the answer lists them."""
    services().store.delete(own_job(job_id).id)
    return jsonify(deleted=job_id, files=services().storage.delete(job_id))


def _stored_photo(data: bytes, limit_mp: float) -> StoredPhoto:
    """Decode and encode in this request's turn; the pixels are gone after it.

    Raises:
        BusyError: too many requests do so just now.
        PhotoError: the photo cannot be used.
    """
    with services().decoding.turn():
        photo = read_photo(data, limit_mp=limit_mp)
        height, width = photo.pixels.shape[:2]
        jpeg = jpeg_from_pixels(photo.pixels)
        info = PhotoInfo(width=width, height=height, bytes=len(jpeg), focal_35mm=photo.focal_35mm)
        return StoredPhoto(jpeg, info)


def _accept(job_id: str, photo: StoredPhoto, submission: Submission, webhook: Webhook | None) -> Job:
    """Photo to storage, record to Redis, hint to the workers: in this order, so that a job always has its photo."""
    doors = services()
    doors.storage.write(job_id, PHOTO_FOLDER, PHOTO, photo.jpeg)
    # Where Redis fails here, the photo stays: the record may exist although the answer was lost, and then needs it.
    # The workers' sweeper deletes photos that have no record.
    try:
        job = doors.store.create(
            job_id,
            owner=owner(),
            steps=submission.form.stages,
            photo=photo.info,
            depth=submission.depth,
            model=submission.model,
            request_id=request_id(),
            idempotency=submission.idempotency,
            webhook=webhook,
            limits=_limits(doors.settings),
            address=None if g.key_owner else address(),
        )
    except ReliefError:
        doors.storage.delete(job_id)
        raise
    if job.id == job_id:
        doors.hints.send(job.stage)
    else:  # the same request came before
        doors.storage.delete(job_id)
    return job


def _limits(settings: Settings) -> Limits:
    return Limits(
        all_waiting=settings.all_waiting,
        owner_waiting=settings.owner_waiting,
        owner_megapixels=settings.owner_megapixels,
        # Whoever comes as many visitors leaves half of the queue to others.
        address_waiting=max(settings.owner_waiting, settings.all_waiting // 2),
        keep_s=settings.retention_h * 3600,
    )


def _queued(job: Job) -> Response:
    services().hints.send(job.stage)
    return answer(job, 202)


def _listed(jobs: JobList) -> Response:
    response = jsonify(jobs.model_dump(mode="json"))
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _check_model(name: str) -> None:
    """Refuse a depth model that no worker has.

    Raises:
        ModelError: unknown, or its weights are not there.
    """
    offered = Workers(services().store.redis).offered()
    if name == "auto" or not offered.models:
        return
    ready = [model.name for model in offered.models if model.ready]
    if name not in ready:
        raise ModelError(f"the depth model {name!r} is not ready here; ready: {', '.join(ready) or 'none'}")


def _json_body() -> dict[str, Any]:
    """The settings in the body; none where it is empty.

    Raises:
        UnsupportedMediaType, BadRequest, UnprocessableEntity: it is something else.
    """
    request.max_content_length = SETTINGS_BYTES
    if not request.get_data():
        return {}
    if not request.is_json:
        raise UnsupportedMediaType("Send the settings as a JSON object, with Content-Type: application/json.")
    try:
        body = request.get_json()
    except RecursionError as error:
        raise BadRequest("The JSON is nested too deeply; send a flat object of settings.") from error
    if not isinstance(body, dict):
        raise UnprocessableEntity("The body must be a JSON object of settings, or empty.")
    return body
