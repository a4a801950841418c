"""The files of a job: its photo and what the workers made of it."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable

from apiflask import APIBlueprint
from flask import Response, request, send_file
from PIL import Image
from werkzeug.exceptions import PreconditionFailed

from shared.cloud.format import cloud_from_bytes
from shared.errors import JobNotFoundError
from shared.jobs.record import Job
from shared.results import ARCHIVE, CLOUD, PHOTO, THUMBNAIL, VIEW, result_file
from shared.storage.folder import PHOTO_FOLDER
from shared.viewer import view_html
from web.access import readable_job
from web.api.archive import Archive, Member, archived
from web.services import services

blueprint = APIBlueprint("results", __name__)

ONE_RANGE = re.compile(r"bytes=(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-\d{1,18})")
THUMBNAIL_PX = (320, 320)


@blueprint.before_request
def ignore_odd_ranges() -> None:
    """Answer with the whole file where the range is not one range of bytes, well written (RFC 9110, section 14.2)."""
    wanted = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    backwards = wanted and wanted["last"] and int(wanted["first"]) > int(wanted["last"])
    weak = request.headers.get("If-Range", "").startswith("W/")
    if not wanted or backwards or weak:
        request.environ.pop("HTTP_RANGE", None)


@blueprint.get("/jobs/<job_id>/results/<name>")
def download(job_id: str, name: str) -> Response:
    """One file of a job, by its name."""
    job = readable_job(job_id)
    if name == VIEW:
        return _view(job)
    if name == ARCHIVE:
        return _all(job)
    if name == THUMBNAIL:
        return _thumbnail(job)
    folder = PHOTO_FOLDER if name == PHOTO else _folder(job, name)
    path = services().storage.path(job.id, folder, name)
    if not path.is_file():
        raise JobNotFoundError(f"the file {name} of this job is gone")
    file = result_file(name)
    response = send_file(path, mimetype=file.media_type, etag=f"{folder}-{name}", download_name=name)
    if file.gzipped:
        response.headers["Content-Encoding"] = "gzip"
    return _guarded(response)


def _view(job: Job) -> Response:
    """The self-contained page, made anew from the stored cloud."""
    folder = _folder(job, CLOUD)
    cloud = cloud_from_bytes(gzip.decompress(services().storage.read(job.id, folder, CLOUD)))
    page = view_html(cloud, title="Relief", color=job.model.color).encode()
    return _made(page, VIEW, len(page), f"{folder}-{VIEW}")


def _all(job: Job) -> Response:
    """Photo and results in one archive, without the cloud in the page's own format."""
    folders = {PHOTO: PHOTO_FOLDER} | {file.name: file.folder for file in archived(job)}
    paths = {name: services().storage.path(job.id, folder, name) for name, folder in folders.items()}
    try:
        sizes = {name: path.stat().st_size for name, path in paths.items()}
    except FileNotFoundError as error:
        raise JobNotFoundError("files of this job are gone") from error
    archive = Archive([Member(name, paths[name], sizes[name], folders[name]) for name in folders])
    return _made(archive, ARCHIVE, archive.size_bytes, archive.etag)


def _thumbnail(job: Job) -> Response:
    """The photo, small."""
    try:
        with Image.open(services().storage.path(job.id, PHOTO_FOLDER, PHOTO)) as photo:
            photo.draft("RGB", THUMBNAIL_PX)  # the decoder itself makes it smaller, which is much quicker
            photo.thumbnail(THUMBNAIL_PX)
            output = io.BytesIO()
            photo.save(output, "JPEG", quality=80)
    except FileNotFoundError as error:
        raise JobNotFoundError("the photo of this job is gone") from error
    response = _made(output.getvalue(), THUMBNAIL, output.tell(), THUMBNAIL)
    response.headers["Content-Disposition"] = "inline"
    return response


def _made(body: Iterable[bytes] | bytes, name: str, size: int, etag: str) -> Response:
    """A file that is made on request, with all that a stored one has: its size, ETag, and parts of it."""
    response = Response(body, content_type=result_file(name).media_type)
    response.content_length = size
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.set_etag(etag)
    response.make_conditional(request, accept_ranges=True, complete_length=size)
    return _guarded(response)


def _folder(job: Job, name: str) -> str:
    file = job.files.get(name)
    if file is None:
        known = ", ".join([PHOTO, *job.files]) or "none yet"
        raise JobNotFoundError(f"this job has no file {name!r}; it has {known}")
    return file.folder


def _guarded(response: Response) -> Response:
    """What holds for every file.

    Raises:
        PreconditionFailed: the client's If-Match names another version.
    """
    if response.status_code == 412:
        response.close()
        raise PreconditionFailed("The file is no longer the one that If-Match names.")
    response.headers["Cache-Control"] = "private, no-cache"
    return response
