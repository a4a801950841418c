"""Jobs: send a photo, ask how it stands, cancel, build another 3D model, delete."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnprocessableEntity

from shared.errors import JobConflictError, ModelError, PhotoError
from shared.jobs import Job, PhotoInfo, Stage
from shared.options import DepthOptions, ModelOptions
from shared.photo import DecodedPhoto, check_bytes, jpeg_from_pixels, read_photo
from shared.storage import PHOTO, PHOTO_FOLDER
from shared.workers import Workers
from web.access import own_job, owner
from web.documents import job_document
from web.services import services

blueprint = APIBlueprint("jobs", __name__)

POLL_S = 1
Options = TypeVar("Options", bound=BaseModel)


class JobForm(BaseModel):
    """What may stand beside the photo in POST /jobs."""

    steps: Literal["depth", "depth,model", "depth,model,export"] = "depth,model,export"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that the job is to run."""
        return tuple(Stage(step) for step in self.steps.split(","))


@blueprint.post("/jobs")
def create() -> Response:
    """Take a photo and queue its job; 202 once photo and job are safely stored."""
    fields = request.form.to_dict()
    form, depth, model = _chosen(JobForm, fields), _chosen(DepthOptions, fields), _chosen(ModelOptions, fields)
    _refuse_unknown(fields)
    _check_model(depth.model)
    photo = _photo()
    job = _accept(photo, form.stages, depth, model)
    return _answer(job, 202)


@blueprint.get("/jobs/<job_id>")
def show(job_id: str) -> Response:
    """How a job stands; answers 304 where nothing changed since the client's ETag."""
    return _answer(own_job(job_id))


@blueprint.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Stop a job; its files go."""
    job = services().store.cancel(own_job(job_id).id)
    services().storage.delete(job_id)
    return _answer(job)


@blueprint.post("/jobs/<job_id>/model")
def build_model(job_id: str) -> Response:
    """Build a 3D model from the depth that is stored, with other settings; the network does not run again."""
    store = services().store
    job = own_job(job_id)
    options = _chosen(ModelOptions, _json_body(), whole=True)
    if not job.depth_files:
        raise JobConflictError("this job has no depth map yet; wait for its depth stage")
    job = store.requeue(job_id, Stage.MODEL, (Stage.MODEL, Stage.EXPORT), options)
    services().hints.send(Stage.MODEL)
    return _answer(job, 202)


@blueprint.delete("/jobs/<job_id>")
def delete(job_id: str) -> Response:
    """Remove a job and all of its files; the answer lists them."""
    services().store.delete(own_job(job_id).id)
    return jsonify(deleted=job_id, files=services().storage.delete(job_id))


def _accept(photo: DecodedPhoto, steps: tuple[Stage, ...], depth: DepthOptions, model: ModelOptions) -> Job:
    """Photo to storage, record to Redis, hint to the workers: in this order, so that a job always has its photo."""
    doors, job_id = services(), uuid.uuid4().hex
    doors.storage.write(job_id, PHOTO_FOLDER, PHOTO, jpeg_from_pixels(photo.pixels))
    # Where Redis fails here, the photo stays: the record may exist although the answer was lost, and then needs it.
    # The workers' sweeper deletes photos that have no record.
    height, width = photo.pixels.shape[:2]
    info = PhotoInfo(width=width, height=height, focal_35mm=photo.focal_35mm)
    job = doors.store.create(job_id, owner=owner(), steps=steps, photo=info, depth=depth, model=model)
    doors.hints.send(steps[0])
    return job


def _photo() -> DecodedPhoto:
    """The photo of a multipart request, checked.

    Raises:
        PhotoError: there is none, or it cannot be used.
    """
    upload, limits = request.files.get("photo"), services().settings
    if upload is None:
        raise PhotoError('no photo was sent; send a JPEG or PNG in the field "photo" of a multipart/form-data request')
    data = upload.read()
    check_bytes(len(data), limits.upload_mb)
    return read_photo(data, limit_mp=limits.upload_mp)


def _answer(job: Job, status: int = 200) -> Response:
    document = job_document(job, services().store)
    response = jsonify(document.model_dump(mode="json"))
    response.status_code = status
    response.headers["Cache-Control"] = "private, no-cache"
    if status == 202:
        response.headers["Location"] = document.links["self"]
    if not job.ended:
        response.headers["Retry-After"] = str(POLL_S)
    response.add_etag()
    if status == 200:
        response.make_conditional(request)
    return response


def _chosen(kind: type[Options], fields: Mapping[str, Any], *, whole: bool = False) -> Options:
    """The options of one kind among a request's fields; an empty field is one not given.

    Raises:
        UnprocessableEntity: a value is wrong; says which and what is allowed.
    """
    names = fields if whole else kind.model_fields
    given = {name: fields[name] for name in names if fields.get(name) not in (None, "")}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise UnprocessableEntity(f"A setting is wrong: {wrong}.") from error


def _refuse_unknown(fields: Mapping[str, str]) -> None:
    known = {*JobForm.model_fields, *DepthOptions.model_fields, *ModelOptions.model_fields}
    unknown = sorted(set(fields) - known)
    if unknown:
        raise UnprocessableEntity(f"Unknown settings: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")


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
    body = request.get_json(silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise UnprocessableEntity("The body must be a JSON object of settings, or empty.")
    return body
