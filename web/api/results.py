"""The files of a job: its photo and what the workers made of it."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, request, url_for
from werkzeug.datastructures import ContentRange
from werkzeug.wsgi import FileWrapper, wrap_file

from shared.errors import JobNotFoundError
from shared.jobs.record import State
from shared.results import ARCHIVE, VIEW, result_file
from web.access import is_shared, job_of_file, readable_job
from web.api.answers import json_response
from web.api.descriptions import result_content
from web.api.downloads import Download, download_of
from web.api.openapi import Operation
from web.api.schemas import FileLink
from web.conditions import is_known, wanted_part
from web.file_links import LINK_S, file_token
from web.pieces import Pieces
from web.services import services

blueprint = APIBlueprint("results", __name__)

READ_BYTES = 65_536  # at a time


@blueprint.get("/jobs/<job_id>/results/<name>")
@Operation(
    {200: None, 206: None, 304: None},
    headers=("If-Match", "Range", "If-Range"),
    content=result_content(),
    gives=("ETag", "Content-Disposition", "Accept-Ranges", "Content-Range"),
    refuses=(412, 416),
)
def download(job_id: str, name: str) -> Response:
    """One file of a job, by its name."""
    job = job_of_file(job_id, name)
    if job.state is State.CANCELED:
        raise JobNotFoundError("this job was canceled, and its files are deleted")
    try:
        return _sent(download_of(job, name))
    except FileNotFoundError as error:
        raise JobNotFoundError(f"the file {name} of this job is gone") from error


@blueprint.get("/jobs/<job_id>/results/<name>/link")
@Operation({200: FileLink})
def link(job_id: str, name: str) -> Response:
    """A URL by which a program without cookies can read this one file for some minutes, such as a phone's viewer."""
    job = readable_job(job_id)
    if name not in job.files:
        raise JobNotFoundError(f"this job has no file {name!r}")
    token = file_token(job_id if is_shared() else job.id, name)
    url = url_for("results.download", job_id=token, name=name, _external=True)
    return json_response(FileLink(url=url, expires_in_s=LINK_S))


def _sent(file: Download) -> Response:
    """What the client's conditions and its range leave of a file, which is opened only where some of it is sent.

    Raises:
        PreconditionFailed: a condition of the client does not hold.
        RequestedRangeNotSatisfiable: the range lies outside.
        FileNotFoundError: it is gone.
    """
    response = _described(file)
    if is_known(file.etag, False, file.modified):
        response.status_code = 304
        return response
    part = wanted_part(file.etag, file.modified, file.size_bytes)
    begin, end = part or (0, file.size_bytes)
    if part:
        response.status_code = 206
        response.content_range = ContentRange("bytes", begin, end, file.size_bytes)
    response.content_length = end - begin
    if request.method == "GET":
        body = Pieces(file.pieces(), begin, end)
        if services().storage.is_remote:  # waitress's loop reads what it is given as a file, and others would wait
            response.response = FileWrapper(body, READ_BYTES)  # type: ignore[arg-type]
        else:
            response.response = wrap_file(request.environ, body)  # type: ignore[arg-type]
        response.direct_passthrough = True
    return response


def _described(file: Download) -> Response:
    """An answer without a body that says what the file is."""
    row = result_file(file.name)
    response = Response(content_type=row.media_type)
    kind = "attachment" if file.name in (VIEW, ARCHIVE) else "inline"
    response.headers["Content-Disposition"] = f"{kind}; filename={file.name}"
    response.headers["Cache-Control"] = "private, no-cache"
    response.accept_ranges = "bytes"
    response.last_modified = file.modified
    response.set_etag(file.etag)
    if row.gzipped:
        response.headers["Content-Encoding"] = "gzip"
    return response
