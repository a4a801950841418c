"""Files of jobs in a folder that all processes share.

Layout below the data folder: jobs/<job id>/photo/photo.jpg and jobs/<job id>/<stage>-<run>/<name>. A file is written
under a temporary name, synced, and renamed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from shared.storage.base import JOB_ID, FileInfo, Removed, Storage, check_names

CLOCK = ".clock"  # touched to learn the storage's time: this machine's may be wrong


class FolderStorage(Storage):
    """A local folder, or one of a network file system."""

    def __init__(self, root: Path) -> None:
        self._jobs = root / "jobs"

    def write(self, job_id: str, folder: str, name: str, data: bytes | bytearray) -> int:
        """Store one file atomically and durably; gives its size in bytes."""
        return self.write_all(job_id, folder, {name: data})[name]

    def write_all(self, job_id: str, folder: str, files: Mapping[str, bytes | bytearray]) -> dict[str, int]:
        """Store files, each atomically, and all of them durably when this returns."""
        paths = {self._path(job_id, folder, name): data for name, data in files.items()}
        parent = self._path(job_id, folder)
        parent.mkdir(parents=True, exist_ok=True)
        for path, data in paths.items():
            _write(path, data)
        _sync_folder(parent)
        return {path.name: len(data) for path, data in paths.items()}

    def open(self, job_id: str, folder: str, name: str) -> BinaryIO:
        """The file itself, which the kernel can send."""
        return self._path(job_id, folder, name).open("rb")

    def info(self, job_id: str, folder: str, name: str) -> FileInfo:
        """Size and age of one file."""
        found = self._path(job_id, folder, name).stat()
        return FileInfo(found.st_size, found.st_mtime)

    def delete(self, job_id: str, folder: str | None = None) -> Removed:
        """Delete one folder of a job, or all of it; a folder that cannot be listed, or got a file, is told as left."""
        job = self._path(job_id)
        gone: list[str] = []
        refusals: dict[str, OSError] = {}

        def refused(error: OSError) -> None:
            # Another process may have deleted it meanwhile; but where no job has a folder, storage itself is away.
            if not isinstance(error, FileNotFoundError) or not self._jobs.exists():
                refusals[str(Path(error.filename).relative_to(job))] = error

        for parent, _, names in os.walk(self._path(job_id, folder) if folder else job, topdown=False, onerror=refused):
            here = Path(parent)
            gone += [str((here / name).relative_to(job)) for name in names if _done(here / name, os.unlink, refused)]
            if not any((job / left).is_relative_to(here) for left in refusals):
                _done(here, os.rmdir, refused)
        if folder:
            with contextlib.suppress(OSError):
                job.rmdir()  # where this was the last of a deleted job
        return Removed(sorted(gone), sorted(refusals), next(iter(refusals.values()), None))

    def folders(self, job_id: str) -> list[str]:
        """The folders that a job has."""
        try:
            return sorted(path.name for path in self._path(job_id).iterdir())
        except FileNotFoundError:
            return []

    def job_ids(self) -> Iterator[str]:
        """Ids of the jobs that have files."""
        with contextlib.suppress(FileNotFoundError):  # nothing was written yet
            yield from (path.name for path in self._jobs.iterdir() if JOB_ID.fullmatch(path.name))

    def age_s(self, job_id: str) -> float:
        """Seconds since a job got its last folder, by the file system's own clock."""
        clock = self._jobs / CLOCK
        try:
            clock.touch()
            return clock.stat().st_mtime - self._path(job_id).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def free_bytes(self) -> float:
        """Space that is left on the folder's file system."""
        self._jobs.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._jobs).free

    def check(self) -> None:
        """Look whether the folder can be listed, or be made."""
        self._jobs.mkdir(parents=True, exist_ok=True)
        next(self._jobs.iterdir(), None)

    def _path(self, job_id: str, *parts: str) -> Path:
        check_names(job_id, *parts)
        return self._jobs.joinpath(job_id, *parts)


def _done(path: Path, act: Callable[[Path], None], refused: Callable[[OSError], None]) -> bool:
    """True where the system did it; else the refusal is told."""
    try:
        act(path)
    except OSError as error:
        refused(error)
        return False
    return True


def _write(path: Path, data: bytes | bytearray) -> None:
    """Write a file and rename it to its place; the name is durable once the folder is synced."""
    descriptor, temporary = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make a rename in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
