"""The files of a job: its photo and what the workers made of it."""

from __future__ import annotations

import gzip

from apiflask import APIBlueprint
from flask import Response, make_response, request, send_file

from shared.errors import JobNotFoundError
from shared.jobs import Job
from shared.pointcloud import PointCloud
from shared.storage import ALL, CLOUD, PHOTO, PHOTO_FOLDER, VIEW
from shared.viewer import view_html
from web.access import readable_job
from web.archive import Member, stream_zip
from web.services import services

blueprint = APIBlueprint("results", __name__)

TYPES = {  # ours by name, never the uploader's word
    "jpg": "image/jpeg",
    "png": "image/png",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "npz": "application/zip",
}


@blueprint.get("/jobs/<job_id>/results/<name>")
def download(job_id: str, name: str) -> Response:
    """One file of a job, by its name."""
    job = readable_job(job_id)
    if name == VIEW:
        return _view(job)
    if name == ALL:
        return _all(job)
    folder = PHOTO_FOLDER if name == PHOTO else _folder(job, name)
    path = services().storage.path(job.id, folder, name)
    if not path.is_file():
        raise JobNotFoundError(f"the file {name} of job {job_id} is gone")
    response = send_file(path, mimetype=_type(name), etag=f"{folder}-{name}", download_name=name)
    if name == CLOUD:
        response.headers["Content-Encoding"] = "gzip"  # it is stored compressed
    return _guarded(response)


def _view(job: Job) -> Response:
    """The self-contained page, made anew from the stored cloud."""
    folder = _folder(job, CLOUD)
    cloud = PointCloud.from_bytes(gzip.decompress(services().storage.read(job.id, folder, CLOUD)))
    response = make_response(view_html(cloud, title="Relief", color=job.model.color))
    response.content_type = _type(VIEW)
    response.headers["Content-Disposition"] = f"attachment; filename={VIEW}"
    response.set_etag(f"{folder}-{VIEW}")
    response.make_conditional(request)
    return _guarded(response)


def _all(job: Job) -> Response:
    """Photo and results in one archive, without the cloud in the page's own format."""
    storage, folders = (
        services().storage,
        {PHOTO: PHOTO_FOLDER} | {file.name: file.folder for file in job.files.values()},
    )
    members = [Member(name, storage.path(job.id, folder, name)) for name, folder in folders.items() if name != CLOUD]
    if not all(member.source.is_file() for member in members):
        raise JobNotFoundError(f"files of job {job.id} are gone")
    response = Response(stream_zip(members), mimetype="application/zip")
    response.headers["Content-Disposition"] = f"attachment; filename={ALL}"
    return _guarded(response)


def _folder(job: Job, name: str) -> str:
    file = job.files.get(name)
    if file is None:
        known = ", ".join([PHOTO, *job.files]) or "none yet"
        raise JobNotFoundError(f"job {job.id} has no file {name!r}; it has {known}")
    return file.folder


def _type(name: str) -> str:
    return TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def _guarded(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-cache"
    return response
