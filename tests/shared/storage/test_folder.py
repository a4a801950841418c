"""What a folder does as storage, beyond what every storage does."""

import os
import time
from pathlib import Path

import pytest

from shared.settings import Settings
from shared.storage import storage_from
from shared.storage.folder import FolderStorage
from tests.support.refusals import refusing

JOB = "0123456789abcdef" * 2


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path)


def files_below(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_write_leaves_no_temporary_file(storage, tmp_path):
    storage.write(JOB, "photo", "photo.jpg", b"abc")
    assert files_below(tmp_path) == ["photo.jpg"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(storage, tmp_path, monkeypatch):
    storage.write(JOB, "photo", "photo.jpg", b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        storage.write(JOB, "photo", "photo.jpg", b"new")
    assert storage.read(JOB, "photo", "photo.jpg") == b"old"
    assert files_below(tmp_path) == ["photo.jpg"]


def test_a_file_that_is_not_whole_yet_lies_beside_its_place_under_a_name_that_no_one_can_ask_for(
    storage, tmp_path, monkeypatch
):
    seen = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(files_below(tmp_path / "jobs" / JOB / "photo")))
    storage.write(JOB, "photo", "photo.jpg", b"abc")
    [[temporary], whole] = seen
    assert (temporary[0], whole) == (".", ["photo.jpg"])
    with pytest.raises(ValueError, match="not a name"):
        storage.open(JOB, "photo", temporary)


def test_a_write_tells_its_own_failure_where_the_job_was_deleted_meanwhile(storage, monkeypatch):
    def full(_):
        storage.delete(JOB)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.write(JOB, "photo", "photo.jpg", b"new")


def test_the_folder_is_the_one_that_the_settings_name_and_is_made_where_it_is_missing(tmp_path):
    data = tmp_path / "not" / "yet"
    storage = storage_from(Settings(redis_url="redis://127.0.0.1:1", data=data, secret="s" * 32))
    assert min(storage.free_bytes(), storage.free_bytes()) > 0
    storage.write(JOB, "photo", "photo.jpg", b"abc")
    assert (data / "jobs" / JOB / "photo" / "photo.jpg").read_bytes() == b"abc"


def test_a_file_can_be_sent_by_the_kernel(storage):
    storage.write(JOB, "photo", "photo.jpg", b"abc")
    with storage.open(JOB, "photo", "photo.jpg") as file:
        assert os.fstat(file.fileno()).st_size == 3


def test_age_goes_by_the_file_systems_clock_not_by_this_machines(storage, tmp_path, monkeypatch):
    storage.write(JOB, "photo", "photo.jpg", b"a")
    monkeypatch.setattr(time, "time", lambda: 4e9)  # far in the future
    assert storage.age_s(JOB) < 600
    os.utime(tmp_path / "jobs" / JOB, (1e9, 1e9))
    assert storage.age_s(JOB) > 600


def test_what_cannot_be_deleted_is_told_and_the_rest_goes(storage, tmp_path):
    for folder, name in (("photo", "photo.jpg"), ("depth-1", "depth.npz"), ("depth-1", "report.json")):
        storage.write(JOB, folder, name, b"a")
    with refusing(tmp_path / "jobs" / JOB / "depth-1"):
        removed = storage.delete(JOB)
        assert removed.left == ["depth-1/depth.npz", "depth-1/report.json"]
        assert removed.gone == ["photo/photo.jpg"]
        assert isinstance(removed.error, PermissionError)
        assert storage.delete(JOB, "depth-1").left == ["depth-1/depth.npz", "depth-1/report.json"]
    assert set(storage.delete(JOB).gone) == set(removed.left)
    assert files_below(tmp_path) == []


def test_a_folder_that_stays_though_its_files_went_is_told_as_left(storage, tmp_path):
    storage.write(JOB, "depth-1", "depth.npz", b"a")
    with refusing(tmp_path / "jobs" / JOB):
        removed = storage.delete(JOB, "depth-1")
    assert (removed.gone, removed.left) == (["depth-1/depth.npz"], ["depth-1"])
    assert isinstance(removed.error, PermissionError)


@pytest.mark.parametrize("instead", ["a file", "nothing"])
def test_a_job_is_told_as_left_where_storage_is_away(storage, tmp_path, instead):
    storage.write(JOB, "photo", "photo.jpg", b"a")
    away = (tmp_path / "jobs").rename(tmp_path / "away")
    if instead == "a file":
        (tmp_path / "jobs").touch()
    removed = storage.delete(JOB)
    assert (removed.gone, removed.left) == ([], ["."])
    assert isinstance(removed.error, NotADirectoryError if instead == "a file" else FileNotFoundError)
    (tmp_path / "jobs").unlink(missing_ok=True)
    away.rename(tmp_path / "jobs")
    assert storage.delete(JOB).gone == ["photo/photo.jpg"]
