"""A zip archive of stored files, put together while it is sent: it is never whole in memory or on disk."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.jobs.record import Job, StoredFile
from shared.results import result_file
from shared.zips import TIME_BYTES, zip_entry
from web.pieces import Piece, Stored, Text

FORMAT = "3"  # counts with each change of the bytes that the same files give, so that no download is mended by others
# What is written round a file that is only stored; its name stands in both headers (APPNOTE.TXT 6.3.10, 4.3).
LOCAL_HEADER_BYTES, CENTRAL_HEADER_BYTES, END_BYTES = 30, 46, 22
CENTRAL_HEADER, END = "<4s6H3I5H2I", "<4s4H2IH"
VERSION_NEEDED = 20


@dataclass(frozen=True)
class Member:
    """A file of the archive: its name there, its bytes, what counts their CRC-32, and when it was made."""

    name: str
    file: Stored
    crc32: Callable[[], int]
    made: datetime


def archive_bytes(sizes: Mapping[str, int]) -> int:
    """The size of an archive of files with these names and sizes."""
    own = LOCAL_HEADER_BYTES + CENTRAL_HEADER_BYTES + 2 * TIME_BYTES
    return END_BYTES + sum(own + 2 * len(name) + size for name, size in sizes.items())


def archive_etag(versions: Mapping[str, str]) -> str:
    """A mark that changes with the version of any file, which are given by name."""
    names = "\n".join([FORMAT, *(f"{version}/{name}" for name, version in versions.items())])
    return hashlib.sha256(names.encode()).hexdigest()[:32]


def archived(job: Job) -> list[StoredFile]:
    """The results of a job that its archive holds, beside the photo."""
    return [file for file in job.files.values() if not result_file(file.name).hidden]


def archive_pieces(members: Sequence[Member]) -> list[Piece]:
    """The archive, the same bytes each time; not compressed, since images and meshes already are.

    Raises:
        OSError: a file is gone.
    """
    pieces: list[Piece] = []
    directory, offset = b"", 0
    for member in members:
        info = zip_entry(member.name, member.made)
        info.CRC = member.crc32()
        info.file_size = info.compress_size = member.file.size_bytes
        header = info.FileHeader(zip64=False)
        directory += _central_header(info, offset)
        pieces += [Text(header), member.file]
        offset += len(header) + member.file.size_bytes
    end = struct.pack(END, b"PK\5\6", 0, 0, len(members), len(members), len(directory), offset, 0)
    return [*pieces, Text(directory + end)]


def _central_header(info: zipfile.ZipInfo, offset: int) -> bytes:
    """The entry of the archive's directory for a file whose own header begins there."""
    year, month, day, hour, minute, second = info.date_time
    date, time = (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second // 2
    sizes = (info.CRC, info.compress_size, info.file_size)
    name = info.filename.encode("ascii")
    made_by = (info.create_system << 8) + VERSION_NEEDED
    start = (b"PK\1\2", made_by, VERSION_NEEDED, 0, zipfile.ZIP_STORED, time, date)
    lengths = (len(name), len(info.extra), 0, 0, 0)
    return struct.pack(CENTRAL_HEADER, *start, *sizes, *lengths, info.external_attr, offset) + name + info.extra
