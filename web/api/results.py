"""The files of a job: its photo and what the workers made of it."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable
from functools import partial

from apiflask import APIBlueprint
from flask import Response, request, send_file
from PIL import Image
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable

from shared.cloud.format import cloud_from_bytes
from shared.errors import JobNotFoundError
from shared.jobs.record import Job, State
from shared.results import ARCHIVE, BINARY, CLOUD, HEAD, PHOTO, THUMBNAIL, VIEW, result_file
from shared.storage.base import PHOTO_FOLDER
from shared.viewer import view_html
from web.access import readable_job
from web.api.archive import Archive, Member, archived
from web.api.documents import size_source
from web.api.openapi import Operation
from web.services import services

blueprint = APIBlueprint("results", __name__)

ONE_RANGE = re.compile(r"bytes=(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-\d{1,18})")
THUMBNAIL_PX = (320, 320)


@blueprint.before_request
def ignore_odd_ranges() -> None:
    """Answer with the whole file unless the range is one valid range of bytes (RFC 9110, section 14.2)."""
    wanted = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    backwards = wanted and wanted["last"] and int(wanted["first"]) > int(wanted["last"])
    weak = request.headers.get("If-Range", "").startswith("W/")
    if not wanted or backwards or weak:
        request.environ.pop("HTTP_RANGE", None)


@blueprint.get("/jobs/<job_id>/results/<name>")
@Operation(
    {200: None, 206: None, 304: None},
    headers=("If-Match", "Range", "If-Range"),
    media_type=BINARY,
    gives=("ETag", "Content-Disposition", "Accept-Ranges", "Content-Range"),
    refuses=(412, 416),
)
def download(job_id: str, name: str) -> Response:
    """One file of a job, by its name."""
    job = readable_job(job_id)
    if job.state is State.CANCELED:
        raise JobNotFoundError("this job was canceled, and its files are deleted")
    if generate := GENERATED.get(name):
        return generate(job)
    folder = PHOTO_FOLDER if name == PHOTO else _folder(job, name)
    storage, row = services().storage, result_file(name)
    try:
        found, file = storage.info(job.id, folder, name), storage.open(job.id, folder, name)
    except FileNotFoundError as error:
        raise JobNotFoundError(f"the file {name} of this job is gone") from error
    response = send_file(
        file,
        mimetype=row.media_type,
        download_name=name,
        etag=f"{folder}-{name}",
        last_modified=found.modified_s,
        conditional=False,
    )
    if row.gzipped:
        response.headers["Content-Encoding"] = "gzip"
    return _conditional(response, found.size_bytes)


def _view(job: Job) -> Response:
    """The self-contained page, made of the stored cloud, and of the head where there is one."""
    folders = {name: _folder(job, name) for name in (CLOUD, *([HEAD] if HEAD in job.files else []))}
    data = {name: services().storage.read(job.id, folder, name) for name, folder in folders.items()}
    cloud = cloud_from_bytes(gzip.decompress(data[CLOUD]))
    head = gzip.decompress(data[HEAD]) if HEAD in data else None
    page = view_html(cloud, title="Relief", color=job.model.color, head=head, size_from=size_source(job)).encode()
    return _generated(page, VIEW, len(page), "-".join([*folders.values(), VIEW]))


def _archive(job: Job) -> Response:
    """Photo and results in one archive, without hidden files."""
    folders = {PHOTO: PHOTO_FOLDER} | {file.name: file.folder for file in archived(job)}
    storage = services().storage
    try:
        sizes = {name: storage.info(job.id, folder, name).size_bytes for name, folder in folders.items()}
    except FileNotFoundError as error:
        raise JobNotFoundError("files of this job are gone") from error
    archive = Archive(
        [
            Member(name, partial(storage.open, job.id, folder, name), sizes[name], folder)
            for name, folder in folders.items()
        ]
    )
    return _generated(archive, ARCHIVE, archive.size_bytes, archive.etag)


def _thumbnail(job: Job) -> Response:
    """The photo, small."""
    try:
        with services().storage.open(job.id, PHOTO_FOLDER, PHOTO) as file, Image.open(file) as photo:
            photo.draft("RGB", THUMBNAIL_PX)  # the decoder itself makes it smaller, which is much quicker
            photo.thumbnail(THUMBNAIL_PX)
            output = io.BytesIO()
            photo.save(output, "JPEG", quality=80)
    except FileNotFoundError as error:
        raise JobNotFoundError("the photo of this job is gone") from error
    response = _generated(output.getvalue(), THUMBNAIL, output.tell(), THUMBNAIL)
    response.headers["Content-Disposition"] = "inline"
    return response


def _generated(body: Iterable[bytes] | bytes, name: str, size: int, etag: str) -> Response:
    """The response of a file that is made on request; it has size, ETag and ranges, as stored files have."""
    response = Response(body, content_type=result_file(name).media_type)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.set_etag(etag)
    return _conditional(response, size)


def _folder(job: Job, name: str) -> str:
    file = job.files.get(name)
    if file is None:
        known = ", ".join([PHOTO, *job.files]) or "none yet"
        raise JobNotFoundError(f"this job has no file {name!r}; it has {known}")
    return file.folder


def _conditional(response: Response, size: int) -> Response:
    """What the client's conditions and its range leave of a file of so many bytes.

    Raises:
        PreconditionFailed: the client's If-Match names another version.
        RequestedRangeNotSatisfiable: the range lies outside.
    """
    response.content_length = size
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    if response.status_code == 412:
        response.close()
        raise PreconditionFailed("The file is no longer the one that If-Match names.")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


GENERATED = {VIEW: _view, ARCHIVE: _archive, THUMBNAIL: _thumbnail}
