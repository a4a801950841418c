"""Jobs: send a photo, ask how it stands, list one's own, cancel, try again, build another 3D model, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType

from shared.errors import JobConflictError
from shared.jobs.record import Job, Stage, State
from shared.jobs.space import results_bytes
from shared.options import DepthOptions, ModelOptions
from web.access import caller, client_group, own_job, readable_job
from web.api.answers import (
    WaitQuery,
    answer,
    answer_when_changed,
    ended_in_time,
    json_response,
    requested_wait_s,
    tagged,
)
from web.api.documents import share_url
from web.api.openapi import Operation
from web.api.schemas import Deleted, JobDocument, JobList, Shared
from web.api.shown import Shown, all_shown
from web.cookies import give_job_cookie
from web.intake.acceptance import accept, check_face, check_model
from web.intake.space import room_for
from web.intake.submission import SECRET_HEADER, DepthAgainForm, JobSettingsForm, chosen, read_submission
from web.rates import Rate
from web.services import services

blueprint = APIBlueprint("jobs", __name__)


class PageQuery(BaseModel):
    """Which part of one's jobs to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(20, ge=1, le=100, description="At most so many jobs.")
    cursor: int | None = Field(None, ge=0, le=2**53, description="Where the page before ended; comes in its `next`.")


@blueprint.post("/jobs")
@Rate.UPLOAD
@Operation(
    {202: JobDocument, 200: JobDocument},
    query=(JobSettingsForm, WaitQuery),
    headers=("Prefer", "Idempotency-Key", SECRET_HEADER),
    body=JobSettingsForm,
    refuses=(413, 415),
)
def create() -> Response:
    """Take a photo and queue its job; 202 once photo and job are safely stored."""
    requested_wait_s()  # refuses a wrong one before any work
    job = ended_in_time(accept(read_submission()))  # the photo's bytes are let go before the wait
    response = answer(job, 200 if job.ended else 202)
    give_job_cookie(response, job.id)
    return response


@blueprint.get("/jobs")
@Operation({200: JobList, 304: None}, query=(PageQuery,), gives=("ETag",))
def index() -> Response:
    """One's own jobs, newest first."""
    query = chosen(PageQuery, request.args)
    known = caller()
    if known is None:
        return _listed([], None)
    page = services().jobs.page(known, cursor=query.cursor, limit=query.limit)
    following = url_for("jobs.index", cursor=page.next, limit=query.limit) if page.next else None
    return _listed(all_shown(page.jobs), following)


@blueprint.get("/jobs/<job_id>")
@Operation({200: JobDocument, 304: None}, query=(WaitQuery,))
def show(job_id: str) -> Response:
    """How a job stands; 304 where nothing changed since the client's ETag, which `?wait=N` puts off for N seconds."""
    return answer_when_changed(lambda: readable_job(job_id))


@blueprint.post("/jobs/<job_id>/cancel")
@Operation({200: JobDocument, 202: JobDocument}, refuses=(409,))
def cancel(job_id: str) -> Response:
    """Stop a job. Without its depth it is canceled and its files go; else it keeps the results that it has.

    202 where it is canceled, but storage refuses to delete files of it just now.
    """
    job = services().jobs.cancel(own_job(job_id).id)
    left = job.state is State.CANCELED and services().removals.remove(job.id).left
    return answer(job, 202 if left else 200)


@blueprint.post("/jobs/<job_id>/retry")
@Operation({202: JobDocument}, refuses=(409,))
def retry(job_id: str) -> Response:
    """Run the stage that failed, and those behind it, once more."""
    job = own_job(job_id)
    return _queued(job, partial(services().jobs.retry, job.id), job.steps, job.model)


@blueprint.post("/jobs/<job_id>/depth")
@Operation({202: JobDocument}, body=DepthAgainForm, refuses=(409, 413, 415))
def estimate_depth(job_id: str) -> Response:
    """Run the depth stage again on the stored photo; settings that are left out stay as the job has them.

    All results stay until the new depth map is there, and can be had back until then by a cancel.
    """
    job = own_job(job_id)
    form = chosen(DepthAgainForm, job.depth.model_dump() | _json_body())
    depth = DepthOptions(**form.model_dump(include=set(DepthOptions.model_fields)))
    check_model(depth.model)
    check_face(depth, job.photo)
    queue = partial(services().jobs.requeue, job.id, Stage.DEPTH, form.stages, depth=depth)
    return _queued(job, queue, form.stages, job.model)


@blueprint.post("/jobs/<job_id>/model")
@Operation({202: JobDocument}, body=ModelOptions, refuses=(409, 413, 415))
def build_model(job_id: str) -> Response:
    """Build a 3D model from the depth that is stored, with other settings; the network does not run again."""
    job = own_job(job_id)
    options = chosen(ModelOptions, _json_body())
    if not job.files_of(Stage.DEPTH):
        raise JobConflictError("this job has no depth map yet; wait for its depth stage")
    steps = (Stage.MODEL, Stage.HEAD, Stage.EXPORT)
    queue = partial(services().jobs.requeue, job.id, Stage.MODEL, steps, model=options)
    return _queued(job, queue, steps, options)


@blueprint.post("/jobs/<job_id>/extend")
@Operation({200: JobDocument})
def extend(job_id: str) -> Response:
    """Keep the results for the whole time from now on."""
    return answer(services().jobs.extend(own_job(job_id).id))


@blueprint.post("/jobs/<job_id>/share")
@Operation({200: Shared})
def share(job_id: str) -> Response:
    """A link to see this job without being its owner; the same one until it is revoked."""
    token = services().jobs.share(own_job(job_id).id)
    return json_response(Shared(url=share_url(token), token=token))


@blueprint.delete("/jobs/<job_id>/share")
@Operation({204: None})
def unshare(job_id: str) -> Response:
    """Revoke the link: whoever has it sees nothing any more."""
    services().jobs.unshare(own_job(job_id).id)
    return Response(status=204)


@blueprint.delete("/jobs/<job_id>")
@Operation({200: Deleted, 202: Deleted})
def delete(job_id: str) -> Response:
    """Remove a job and all of its files; the answer lists them.

    202 where storage refuses to delete files just now: they are listed as left, nobody can read them any more, and
    the workers try again until they are gone.
    """
    job = own_job(job_id)
    services().jobs.delete(job.id)
    removed = services().removals.remove(job.id)
    document = Deleted(deleted=job_id, files=removed.gone, left=removed.left)
    return json_response(document, 202 if removed.left else 200)


def _queued(job: Job, queue: Callable[..., Job], steps: Sequence[Stage], model: ModelOptions) -> Response:
    """Queue a job for another run, within the limits of its owner and of where it came from, and answer it."""
    group = job.group or client_group()
    with room_for(job.id, job.owner, group, results_bytes(steps, model)):
        again = queue(limits=services().limits, group=group)
    services().wakeups.send(again.stage)
    return answer(again, 202)


def _listed(told: Sequence[Shown], following: str | None) -> Response:
    documents = JobList(jobs=[one.document for one in told], next=following)
    response = tagged(json_response(documents), told, following)
    response.make_conditional(request)
    return response


def _json_body() -> dict[str, Any]:
    """The settings in the body; none where it is empty.

    Raises:
        UnsupportedMediaType, BadRequest, UnprocessableEntity: it is something else.
    """
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
