"""What a storage of jobs' files can do.

A job has folders, one for its photo and one for each run of a stage, and a folder has files. Two runs of the same stage
never write to the same folder; the job record names the folder of the run that counts.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

PHOTO_FOLDER = "photo"
JOB_ID = re.compile(r"[0-9a-f]{32}")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class FileInfo:
    """What is known of a file without reading it; `modified_s` is in seconds since 1970."""

    size_bytes: int
    modified_s: float


@dataclass(frozen=True)
class Removed:
    """What came of a deletion: the files that went, those that are left, as folder/name, in order, and why."""

    gone: list[str]
    left: list[str]
    error: OSError | None = None


class Storage(ABC):
    """Files of jobs, for many processes at once.

    is_remote: reading waits for another machine, which only a thread may do that serves one client.

    Whoever sees a file sees the whole of it, also while it is written again. Every method that takes a job, folder or
    file raises ValueError for a name that Relief does not make, such as one with a slash, and OSError where the storage
    does not answer; reading a file that is not there raises FileNotFoundError.
    """

    is_remote = False

    @abstractmethod
    def write(self, job_id: str, folder: str, name: str, data: bytes | bytearray) -> int:
        """Store one file, whole and durable when this returns; gives its size in bytes."""

    @abstractmethod
    def write_all(self, job_id: str, folder: str, files: Mapping[str, bytes | bytearray]) -> dict[str, int]:
        """Store several files, by name, and give their sizes in bytes; where it fails, some of them may be there."""

    @abstractmethod
    def open(self, job_id: str, folder: str, name: str) -> BinaryIO:
        """A file to read from, which can seek; whoever opens it closes it."""

    @abstractmethod
    def info(self, job_id: str, folder: str, name: str) -> FileInfo:
        """Size and age of one file."""

    @abstractmethod
    def delete(self, job_id: str, folder: str | None = None) -> Removed:
        """Delete one folder of a job, or all of it. Raises no OSError: what storage refuses is told as left."""

    @abstractmethod
    def folders(self, job_id: str) -> list[str]:
        """The folders that a job has, in order."""

    @abstractmethod
    def job_ids(self) -> Iterator[str]:
        """Ids of the jobs that have files; some that have none any more, or not for long yet, may be among them."""

    @abstractmethod
    def age_s(self, job_id: str) -> float:
        """Seconds since a job got its last folder or file, by the storage's own clock; 0 where it has none."""

    @abstractmethod
    def free_bytes(self) -> float:
        """Space that is left for new files; infinite where there is no bound."""

    @abstractmethod
    def check(self) -> None:
        """Ask for something small; raises OSError where the storage is not there or does not answer."""

    def read(self, job_id: str, folder: str, name: str) -> bytes:
        """The bytes of one file."""
        with self.open(job_id, folder, name) as file:
            return file.read()


def check_names(job_id: str, *parts: str) -> None:
    """Refuse a job's id, or a folder's or file's name, that Relief does not make.

    Raises:
        ValueError: names it.
    """
    if not JOB_ID.fullmatch(job_id):
        raise ValueError(f"not a job id: {job_id!r}")
    for part in parts:
        if not NAME.fullmatch(part):
            raise ValueError(f"not a name of a stored file: {part!r}")
