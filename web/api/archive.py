"""A zip archive that is made while it is sent: it is never whole in memory or on disk."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from shared.jobs.record import Job, StoredFile
from shared.results import result_file

CHUNK_BYTES = 1 << 18
# What is written round a file that is only stored, where one cannot seek; its name stands in both headers.
LOCAL_HEADER_BYTES, DESCRIPTOR_BYTES, CENTRAL_HEADER_BYTES, END_BYTES = 30, 16, 46, 22


@dataclass(frozen=True)
class Member:
    """A file of the archive: its name there, what opens it, how many bytes it has, and the mark of their version."""

    name: str
    open: Callable[[], BinaryIO]
    size_bytes: int
    version: str


def archive_bytes(sizes: Mapping[str, int]) -> int:
    """The size of an archive of files with these names and sizes."""
    own = LOCAL_HEADER_BYTES + DESCRIPTOR_BYTES + CENTRAL_HEADER_BYTES
    return END_BYTES + sum(own + 2 * len(name) + size for name, size in sizes.items())


def archived(job: Job) -> list[StoredFile]:
    """The results of a job that its archive holds, beside the photo."""
    return [file for file in job.files.values() if not result_file(file.name).hidden]


@dataclass(frozen=True)
class Archive:
    """Files as one zip archive, the same bytes each time; not compressed, since images and meshes already are."""

    members: Sequence[Member]

    @property
    def size_bytes(self) -> int:
        """Its size, known before it is made."""
        return archive_bytes({member.name: member.size_bytes for member in self.members})

    @property
    def etag(self) -> str:
        """It changes with the version of any file."""
        names = "\n".join(f"{member.version}/{member.name}" for member in self.members)
        return hashlib.sha256(names.encode()).hexdigest()[:32]

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, in parts."""
        pipe = _Pipe()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
            for member in self.members:
                info = zipfile.ZipInfo(member.name)
                info.file_size = member.size_bytes
                with member.open() as source, archive.open(info, "w") as target:
                    while chunk := source.read(CHUNK_BYTES):
                        target.write(chunk)
                        yield pipe.taken()
                yield pipe.taken()
        yield pipe.taken()


class _Pipe:
    """Collects what zipfile writes until it is taken; has no `seek`, so that zipfile writes in order."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole
