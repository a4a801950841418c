"""The files of a job: its photo and what the workers made of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from apiflask import APIBlueprint
from flask import Response, request
from PIL import Image
from werkzeug.datastructures import ContentRange
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from shared.errors import JobNotFoundError
from shared.jobs.record import Job, State
from shared.results import ARCHIVE, BINARY, CLOUD, HEAD, PHOTO, THUMBNAIL, VIEW, result_file
from shared.storage.base import PHOTO_FOLDER
from shared.viewer import view_parts
from web.access import readable_job
from web.api.archive import Member, archive_bytes, archive_etag, archive_pieces, archived
from web.api.documents import size_source
from web.api.openapi import Operation
from web.pieces import Base64, Piece, Pieces, Stored, Text
from web.services import services

blueprint = APIBlueprint("results", __name__)

ONE_RANGE = re.compile(r"bytes=(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-\d{1,18})")
THUMBNAIL_PX = (320, 320)


@dataclass(frozen=True)
class Download:
    """A file that can be sent: what is known of it before any of it is read, and what gives its bytes.

    size_bytes is None where it has to be made first.
    """

    name: str
    etag: str
    size_bytes: int | None
    pieces: Callable[[], Sequence[Piece]]
    modified: datetime | None = None


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
    try:
        if make := MADE_ON_REQUEST.get(name):
            return _sent(make(job))
        return _sent(_as_stored(job, PHOTO_FOLDER if name == PHOTO else _folder(job, name), name))
    except FileNotFoundError as error:
        raise JobNotFoundError(f"the file {name} of this job is gone") from error


def _as_stored(job: Job, folder: str, name: str) -> Download:
    found = services().storage.info(job.id, folder, name)
    pieces = [_stored(job, folder, name)]
    modified = datetime.fromtimestamp(int(found.modified_s), UTC)
    return Download(name, f"{folder}-{name}", found.size_bytes, lambda: pieces, modified)


def _view(job: Job) -> Download:
    """The self-contained page, with the stored cloud and head in it; nothing is computed."""
    names = (CLOUD, HEAD) if HEAD in job.files else (CLOUD,)
    folders = {name: _folder(job, name) for name in names}
    data = [Base64(_stored(job, folder, name)) for name, folder in folders.items()]
    cloud, head = data if len(data) == 2 else (data[0], None)
    parts = view_parts(cloud, head, color=job.model.color, size_from=size_source(job))
    pieces = [Text(part) if isinstance(part, bytes) else part for part in parts]
    size = sum(piece.size_bytes for piece in pieces)
    return Download(VIEW, "-".join([*folders.values(), VIEW]), size, lambda: pieces)


def _archive(job: Job) -> Download:
    """Photo and results in one archive, without hidden files."""
    folders = {PHOTO: PHOTO_FOLDER} | {file.name: file.folder for file in archived(job)}
    files = {name: _stored(job, folder, name) for name, folder in folders.items()}
    size = archive_bytes({name: file.size_bytes for name, file in files.items()})

    def pieces() -> Sequence[Piece]:
        crcs = services().checksums
        return archive_pieces(
            [
                Member(name, file, partial(crcs.crc32, job.id, folders[name], name), folders[name])
                for name, file in files.items()
            ]
        )

    return Download(ARCHIVE, archive_etag(folders), size, pieces)


def _thumbnail(job: Job) -> Download:
    """The photo, small; made by the first who asks for it, and stored beside the photo, with which it goes."""
    storage = services().storage
    try:
        return _as_stored(job, PHOTO_FOLDER, THUMBNAIL)
    except FileNotFoundError:
        storage.info(job.id, PHOTO_FOLDER, PHOTO)
        return Download(THUMBNAIL, f"{PHOTO_FOLDER}-{THUMBNAIL}", None, partial(_made_thumbnail, job))


def _made_thumbnail(job: Job) -> Sequence[Piece]:
    output = io.BytesIO()
    with services().storage.open(job.id, PHOTO_FOLDER, PHOTO) as file, Image.open(file) as photo:
        photo.draft("RGB", THUMBNAIL_PX)  # the decoder itself makes it smaller, which is much quicker
        photo.thumbnail(THUMBNAIL_PX)
        photo.save(output, "JPEG", quality=80)
    _keep_thumbnail(job, output.getvalue())
    return [Text(output.getvalue())]


def _keep_thumbnail(job: Job, data: bytes) -> None:
    """Store it, unless the job's files were deleted meanwhile; where storage refuses, the next one makes it again."""
    storage = services().storage
    with suppress(OSError):
        storage.write(job.id, PHOTO_FOLDER, THUMBNAIL, data)
    try:
        is_deleted = services().jobs.get(job.id).state is State.CANCELED
    except JobNotFoundError:
        is_deleted = True
    if is_deleted:
        storage.delete(job.id, PHOTO_FOLDER)
        raise JobNotFoundError("this job was deleted")


def _stored(job: Job, folder: str, name: str) -> Stored:
    storage = services().storage
    return Stored(partial(storage.open, job.id, folder, name), storage.info(job.id, folder, name).size_bytes)


def _folder(job: Job, name: str) -> str:
    file = job.files.get(name)
    if file is None:
        known = ", ".join([PHOTO, *job.files]) or "none yet"
        raise JobNotFoundError(f"this job has no file {name!r}; it has {known}")
    return file.folder


def _sent(file: Download) -> Response:
    """What the client's conditions and its range leave of a file; it is made and opened only where some of it is sent.

    Raises:
        PreconditionFailed: the client's If-Match names another version.
        RequestedRangeNotSatisfiable: the range lies outside.
        FileNotFoundError: it is gone.
    """
    response = _described(file)
    if request.if_match and not request.if_match.contains(file.etag):
        raise PreconditionFailed("The file is no longer the one that If-Match names.")
    if _is_known(file):
        response.status_code = 304
        return response
    made = file.pieces() if file.size_bytes is None else ()
    size = file.size_bytes or sum(piece.size_bytes for piece in made)
    part = _range(file, size)
    begin, end = part or (0, size)
    if part:
        response.status_code = 206
        response.content_range = ContentRange("bytes", begin, end, size)
    response.content_length = end - begin
    if request.method == "GET":
        body = Pieces(made or file.pieces(), begin, end)
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


def _is_known(file: Download) -> bool:
    """True where the client has this version already (RFC 9110, section 13.2.2)."""
    if request.if_none_match:
        return request.if_none_match.contains_weak(file.etag)
    since = request.if_modified_since
    return bool(since and file.modified and file.modified <= since)


def _range(file: Download, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last that the client wants; None where it wants all, or knows another version.

    Raises:
        RequestedRangeNotSatisfiable: the range lies outside.
    """
    known = request.if_range
    other_tag = known.etag not in (None, file.etag)
    if request.range is None or size == 0 or other_tag or known.date not in (None, file.modified):
        return None
    wanted = request.range.range_for_length(size)
    if wanted is None:
        raise RequestedRangeNotSatisfiable(size)
    return wanted


MADE_ON_REQUEST = {VIEW: _view, ARCHIVE: _archive, THUMBNAIL: _thumbnail}
