"""What every storage does; a new one is added to STORAGES."""

from __future__ import annotations

import threading
import time

import pytest

from shared.storage.base import Removed, Storage
from shared.storage.folder import FolderStorage

JOB = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
STORAGES = {"folder": FolderStorage}


@pytest.fixture(params=STORAGES)
def storage(request, tmp_path) -> Storage:
    return STORAGES[request.param](tmp_path)


def test_what_is_written_is_read(storage):
    assert storage.write(JOB, "photo", "photo.jpg", b"abc") == 3
    assert storage.read(JOB, "photo", "photo.jpg") == b"abc"


def test_a_file_is_read_from_any_place_in_it(storage):
    storage.write(JOB, "photo", "photo.jpg", b"abcdef")
    with storage.open(JOB, "photo", "photo.jpg") as file:
        file.seek(2)
        assert file.read(3) == b"cde"


def test_size_and_time_of_a_file_are_known(storage):
    storage.write(JOB, "photo", "photo.jpg", b"abc")
    info = storage.info(JOB, "photo", "photo.jpg")
    assert (info.size_bytes, info.modified_s) == (3, pytest.approx(time.time(), abs=60))


@pytest.mark.parametrize("ask", ["read", "open", "info"])
def test_a_file_that_is_not_there_is_told_by_one_error(storage, ask):
    storage.write(JOB, "photo", "photo.jpg", b"abc")
    for where in ((JOB, "photo", "other.jpg"), (JOB, "depth-1", "photo.jpg"), (OTHER, "photo", "photo.jpg")):
        with pytest.raises(FileNotFoundError):
            getattr(storage, ask)(*where)


def test_whoever_reads_while_a_file_is_written_again_gets_one_of_the_two_whole(storage):
    versions = [bytes([version]) * 100_000 for version in (1, 2)]
    storage.write(JOB, "photo", "photo.jpg", versions[0])
    writer = threading.Thread(
        target=lambda: [storage.write(JOB, "photo", "photo.jpg", versions[n % 2]) for n in range(40)]
    )
    writer.start()
    seen = set()
    while writer.is_alive():
        seen.add(storage.read(JOB, "photo", "photo.jpg"))
    assert seen == set(versions)


@pytest.mark.parametrize(
    ("job_id", "folder", "name"),
    [
        ("..", "photo", "a"),
        (JOB.upper(), "photo", "a"),
        (JOB, "..", "a"),
        (JOB, "photo", "../a"),
        (JOB, "photo", ".hidden"),
        (JOB, "photo", "a/b"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(storage, job_id, folder, name):
    with pytest.raises(ValueError, match="not a"):
        storage.write(job_id, folder, name, b"")
    for ask in (storage.open, storage.info, storage.read):
        with pytest.raises(ValueError, match="not a"):
            ask(job_id, folder, name)


def test_deleting_a_folder_or_a_job_names_the_files_that_went(storage):
    storage.write(JOB, "photo", "photo.jpg", b"a")
    storage.write(JOB, "depth-1", "report.json", b"b")
    storage.write(JOB, "depth-1", "depth.npz", b"c")
    storage.write(OTHER, "photo", "photo.jpg", b"d")
    assert storage.delete(JOB, "depth-1") == Removed(["depth-1/depth.npz", "depth-1/report.json"], [])
    assert storage.folders(JOB) == ["photo"]
    assert storage.delete(JOB) == Removed(["photo/photo.jpg"], [])
    assert storage.folders(JOB) == []
    assert storage.delete(JOB) == Removed([], [])
    assert storage.folders(OTHER) == ["photo"]


def test_jobs_are_listed_by_age_until_their_last_folder_is_deleted(storage):
    assert list(storage.job_ids(older_than_s=0)) == []
    storage.write(JOB, "photo", "photo.jpg", b"a")
    storage.write(OTHER, "photo", "photo.jpg", b"a")
    time.sleep(0.05)
    assert set(storage.job_ids(older_than_s=0)) == {JOB, OTHER}
    assert list(storage.job_ids(older_than_s=600)) == []
    storage.delete(JOB, "photo")
    assert list(storage.job_ids(older_than_s=0)) == [OTHER]


def test_a_job_that_is_deleted_while_jobs_are_listed_is_left_out(storage):
    for job_id in (JOB, OTHER):
        storage.write(job_id, "photo", "photo.jpg", b"a")
    ids = storage.job_ids(older_than_s=-60)
    first = next(ids)
    storage.delete(({JOB, OTHER} - {first}).pop())
    assert list(ids) == []


def test_free_space_is_told_before_anything_is_written(storage):
    assert storage.free_bytes() > 0
