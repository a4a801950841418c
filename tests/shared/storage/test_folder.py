"""Files of jobs: whole or not there, and never outside their folder."""

import os
import time
from pathlib import Path

import pytest

from shared.storage.folder import Storage

JOB = "0123456789abcdef" * 2


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path)


def test_what_is_written_is_read_and_leaves_no_temporary_file(storage, tmp_path):
    assert storage.write(JOB, "photo", "photo.jpg", b"abc") == 3
    assert storage.read(JOB, "photo", "photo.jpg") == b"abc"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["photo.jpg"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(storage, tmp_path, monkeypatch):
    storage.write(JOB, "photo", "photo.jpg", b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        storage.write(JOB, "photo", "photo.jpg", b"new")
    assert storage.read(JOB, "photo", "photo.jpg") == b"old"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["photo.jpg"]


@pytest.mark.parametrize(
    ("job_id", "folder", "name"),
    [
        ("..", "photo", "a"),
        (JOB, "..", "a"),
        (JOB, "photo", "../a"),
        (JOB, "photo", ".hidden"),
        (JOB.upper(), "photo", "a"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(storage, job_id, folder, name):
    with pytest.raises(ValueError, match="not a"):
        storage.write(job_id, folder, name, b"")


def test_deleting_a_folder_or_a_job_tells_what_went(storage):
    storage.write(JOB, "photo", "photo.jpg", b"a")
    storage.write(JOB, "depth-1", "depth.npz", b"b")
    assert storage.delete(JOB, "depth-1") == ["depth-1/depth.npz"]
    assert storage.folders(JOB) == ["photo"]
    assert storage.delete(JOB) == ["photo/photo.jpg"]
    assert storage.folders(JOB) == []
    assert storage.delete(JOB) == []


def test_age_goes_by_the_storages_clock_not_by_this_machines(storage, tmp_path, monkeypatch):
    storage.write(JOB, "photo", "photo.jpg", b"a")
    monkeypatch.setattr(time, "time", lambda: 4e9)  # far in the future
    assert list(storage.job_ids(older_than_s=600)) == []
    os.utime(tmp_path / "jobs" / JOB, (1e9, 1e9))
    assert list(storage.job_ids(older_than_s=600)) == [JOB]
