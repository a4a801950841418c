"""What can be downloaded of a job: files as they are stored, and those that are put together of them on request."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from PIL import Image

from shared.errors import JobNotFoundError
from shared.jobs.record import Job, State
from shared.results import ARCHIVE, CLOUD, HEAD, PHOTO, ROUGH, THUMBNAIL, VIEW
from shared.storage.base import PHOTO_FOLDER, FileInfo
from shared.viewer import view_parts
from web.api.archive import Member, archive_bytes, archive_etag, archive_pieces, archived
from web.api.documents import size_source
from web.pieces import Base64, Piece, Stored, Text
from web.services import services

THUMBNAIL_PX = (320, 320)


@dataclass(frozen=True)
class Download:
    """A file that can be sent: what is known of it before any of it is read, and what gives its bytes.

    modified: when it was made, in whole seconds; of one that is put together, when the newest of its parts was.
    """

    name: str
    etag: str
    size_bytes: int
    modified: datetime
    pieces: Callable[[], Sequence[Piece]]


def download_of(job: Job, name: str) -> Download:
    """A file of a job, by its name; it is opened when its pieces are read.

    Raises:
        JobNotFoundError: the job has none of that name.
        FileNotFoundError: it is gone.
    """
    if make := MADE_ON_REQUEST.get(name):
        return make(job)
    return _as_stored(job, PHOTO_FOLDER if name == PHOTO else _folder(job, name), name)


def _as_stored(job: Job, folder: str, name: str) -> Download:
    found = _info(job, folder, name)
    pieces = [_stored(job, folder, name, found)]
    return Download(name, f"{folder}-{name}", found.size_bytes, _made(found), lambda: pieces)


def _view(job: Job) -> Download:
    """The self-contained page, with the stored cloud and head in it; nothing is computed."""
    names = (CLOUD, HEAD) if HEAD in job.files else (CLOUD,)
    folders = {name: _folder(job, name) for name in names}
    found = {name: _info(job, folder, name) for name, folder in folders.items()}
    data = [Base64(_stored(job, folders[name], name, info)) for name, info in found.items()]
    parts = view_parts(data[0], data[1] if HEAD in found else None, color=job.model.color, size_from=size_source(job))
    pieces = [Text(part) if isinstance(part, bytes) else part for part in parts]
    etag = "-".join([*folders.values(), f"{_crc32(parts):08x}", VIEW])  # another release has other scripts
    return Download(VIEW, etag, sum(piece.size_bytes for piece in pieces), _newest(found), lambda: pieces)


def _archive(job: Job) -> Download:
    """Photo and results in one archive, without hidden files."""
    folders = {PHOTO: PHOTO_FOLDER} | {file.name: file.folder for file in archived(job)}
    found = {name: _info(job, folder, name) for name, folder in folders.items()}
    crc32 = services().checksums.crc32

    def pieces() -> Sequence[Piece]:
        return archive_pieces(
            [
                Member(name, _stored(job, folder, name, found[name]), partial(crc32, job.id, folder, name), made[name])
                for name, folder in folders.items()
            ]
        )

    made = {name: _made(info) for name, info in found.items()}
    etag = archive_etag({name: f"{folder}/{made[name].timestamp():.0f}" for name, folder in folders.items()})
    size = archive_bytes({name: info.size_bytes for name, info in found.items()})
    return Download(ARCHIVE, etag, size, _newest(found), pieces)


def _thumbnail(job: Job) -> Download:
    """The photo, small; made by the first who asks for it, and stored beside the photo, with which it goes."""
    try:
        return _as_stored(job, PHOTO_FOLDER, THUMBNAIL)
    except FileNotFoundError:
        data = _made_thumbnail(job)
        _keep_thumbnail(job, data)
    try:
        return _as_stored(job, PHOTO_FOLDER, THUMBNAIL)
    except FileNotFoundError:  # storage refuses it; the next one makes it again
        photo = _info(job, PHOTO_FOLDER, PHOTO)
        return Download(THUMBNAIL, f"{PHOTO_FOLDER}-{THUMBNAIL}", len(data), _made(photo), lambda: [Text(data)])


def _made_thumbnail(job: Job) -> bytes:
    output = io.BytesIO()
    with services().storage.open(job.id, PHOTO_FOLDER, PHOTO) as file, Image.open(file) as photo:
        photo.draft("RGB", THUMBNAIL_PX)  # the decoder itself makes it smaller, which is much quicker
        photo.thumbnail(THUMBNAIL_PX)
        photo.save(output, "JPEG", quality=80)
    return output.getvalue()


def _keep_thumbnail(job: Job, data: bytes) -> None:
    """Store it, unless storage refuses, or the job's files were deleted meanwhile.

    Raises:
        JobNotFoundError: they were.
    """
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


def _info(job: Job, folder: str, name: str) -> FileInfo:
    return services().storage.info(job.id, folder, name)


def _stored(job: Job, folder: str, name: str, info: FileInfo) -> Stored:
    return Stored(partial(services().storage.open, job.id, folder, name), info.size_bytes)


def _made(info: FileInfo) -> datetime:
    """When a file was made, as HTTP tells times: in whole seconds."""
    return datetime.fromtimestamp(int(info.modified_s), UTC)


def _newest(found: Mapping[str, FileInfo]) -> datetime:
    return max(map(_made, found.values()))


def _crc32(parts: Sequence[object]) -> int:
    """Of those parts that are bytes."""
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc) if isinstance(part, bytes) else crc
    return crc


def _folder(job: Job, name: str) -> str:
    file = job.preview if name == ROUGH else job.files.get(name)
    if file is None:
        known = ", ".join([PHOTO, *job.files]) or "none yet"
        raise JobNotFoundError(f"this job has no file {name!r}; it has {known}")
    return file.folder


MADE_ON_REQUEST = {VIEW: _view, ARCHIVE: _archive, THUMBNAIL: _thumbnail}
