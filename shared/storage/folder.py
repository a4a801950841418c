"""Files of a job: the photo, and one folder for each run of a stage.

Layout below the data folder: jobs/<job id>/photo.jpg and jobs/<job id>/<stage>-<run>/<name>. Two runs of the same stage
never write to the same folder; the job record names the folder of the run that counts. A file is written under a
temporary name, synced, and renamed, so that whoever sees a name sees the whole file.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shared.results import PHOTO

PHOTO_FOLDER = "photo"
CLOCK = ".clock"  # touched to learn the storage's time: this machine's may be wrong
JOB_ID = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Storage:
    """Local folder storage; safe for many processes on one file system."""

    def __init__(self, root: Path) -> None:
        self._jobs = root / "jobs"

    def write(self, job_id: str, folder: str, name: str, data: bytes) -> int:
        """Store one file atomically and durably; gives its size in bytes."""
        path = self.path(job_id, folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
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
        _sync_folder(path.parent)
        return len(data)

    def read(self, job_id: str, folder: str, name: str) -> bytes:
        """The bytes of one file.

        Raises:
            FileNotFoundError: there is none.
        """
        return self.path(job_id, folder, name).read_bytes()

    def path(self, job_id: str, folder: str, name: str) -> Path:
        """Where a file lies.

        Raises:
            ValueError: a part is not one that Relief makes, such as one with a slash.
        """
        for part in (folder, name):
            if not _PART.fullmatch(part):
                raise ValueError(f"not a name of a stored file: {part!r}")
        return self._job(job_id) / folder / name

    def delete(self, job_id: str, folder: str | None = None) -> list[str]:
        """Delete one folder of a job, or all of it; gives the files that went, as folder/name."""
        job = self._job(job_id)
        root = self.path(job_id, folder, PHOTO).parent if folder else job
        # os.walk passes over what another process deletes meanwhile; Path.rglob raises.
        names = sorted(str(Path(folder, name).relative_to(job)) for folder, _, files in os.walk(root) for name in files)
        shutil.rmtree(root, ignore_errors=True)
        if folder:
            with contextlib.suppress(OSError):
                job.rmdir()  # where this was the last of a deleted job
        return names

    def free_bytes(self) -> int:
        """Space that is left for new files."""
        self._jobs.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._jobs).free

    def folders(self, job_id: str) -> list[str]:
        """The folders that a job has on storage."""
        try:
            return sorted(path.name for path in self._job(job_id).iterdir())
        except FileNotFoundError:
            return []

    def job_ids(self, *, older_than_s: float) -> Iterator[str]:
        """Ids of the jobs that have files, and got no new folder for so long by the storage's own clock."""
        if not self._jobs.is_dir():
            return
        clock = self._jobs / CLOCK
        clock.touch()
        oldest = clock.stat().st_mtime - older_than_s
        for path in self._jobs.iterdir():
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                if JOB_ID.fullmatch(path.name) and path.stat().st_mtime < oldest:
                    yield path.name

    def _job(self, job_id: str) -> Path:
        if not JOB_ID.fullmatch(job_id):
            raise ValueError(f"not a job id: {job_id!r}")
        return self._jobs / job_id


def _sync_folder(folder: Path) -> None:
    """Make a rename in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
