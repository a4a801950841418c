"""A zip archive that is sent while it is made: nothing of it is ever whole in memory or on disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1 << 18


@dataclass(frozen=True)
class Member:
    """A file of the archive: its name there, and where its bytes are."""

    name: str
    source: Path


class _Pipe:
    """Takes what zipfile writes, and gives it out again; it cannot seek, and says so."""

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


def stream_zip(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of an archive, in parts. Its files are images and meshes, compressed already: they are only stored."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:  # type: ignore[call-overload]
        for member in members:
            info = zipfile.ZipInfo(member.name)
            info.file_size = member.source.stat().st_size
            with member.source.open("rb") as source, archive.open(info, "w") as target:
                while chunk := source.read(CHUNK_BYTES):
                    target.write(chunk)
                    yield pipe.taken()
            yield pipe.taken()
    yield pipe.taken()
