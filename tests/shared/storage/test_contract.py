"""What every storage does; a new one is added to STORAGES."""

from __future__ import annotations

import io
import random
import threading
import time

import pytest

from shared.places import Bucket
from shared.storage.base import Removed, Storage
from shared.storage.folder import FolderStorage
from shared.storage.s3 import S3Storage
from stack.processes import wait_until

JOB = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
SEED = 20261126
STORAGES = {"folder": "tmp_path", "s3": "bucket"}  # -> the fixture that gives its place


@pytest.fixture(params=STORAGES)
def storage(request) -> Storage:
    place = request.getfixturevalue(STORAGES[request.param])
    return S3Storage(place) if isinstance(place, Bucket) else FolderStorage(place)


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


def test_jobs_are_listed_until_their_last_folder_is_deleted(storage):
    assert list(storage.job_ids()) == []
    for job_id in (JOB, OTHER):
        storage.write(job_id, "photo", "photo.jpg", b"a")
    assert set(storage.job_ids()) == {JOB, OTHER}
    storage.delete(JOB, "photo")
    # SeaweedFS still names it, and other servers do for some seconds.
    assert [job_id for job_id in storage.job_ids() if storage.folders(job_id)] == [OTHER]


def test_a_job_is_as_old_as_its_last_folder(storage):
    storage.write(JOB, "photo", "photo.jpg", b"a")
    wait_until("it is older", lambda: storage.age_s(JOB) > 1)  # S3 tells times in whole seconds
    storage.write(OTHER, "photo", "photo.jpg", b"a")
    assert storage.age_s(OTHER) < storage.age_s(JOB)
    storage.write(JOB, "depth-1", "depth.npz", b"a")
    assert storage.age_s(JOB) <= storage.age_s(OTHER)
    storage.delete(JOB)
    assert storage.age_s(JOB) == 0


def test_of_several_files_that_are_written_at_once_all_are_there(storage):
    files = {f"{number}.bin": bytes([number]) * number for number in range(30)}
    sizes = storage.write_all(JOB, "depth-1", files)
    assert list(sizes.items()) == [(f"{number}.bin", number) for number in range(30)]
    assert {name: storage.read(JOB, "depth-1", name) for name in files} == files


def test_whatever_is_read_in_whatever_order_is_what_was_written(storage):
    moves = random.Random(SEED)
    data = moves.randbytes(3_000_000)
    storage.write(JOB, "head-1", "head.glb", data)
    with storage.open(JOB, "head-1", "head.glb") as file, io.BytesIO(data) as expected:
        for _ in range(60):
            place, count = moves.randrange(len(data) + 10), moves.choice([0, 1, 3, 70_000, 600_000])
            assert file.seek(place) == expected.seek(place)
            assert file.read(count) == expected.read(count)
            back = moves.randrange(min(4, file.tell() + 1))  # as base64 does, which reads by threes
            assert file.seek(-back, io.SEEK_CUR) == expected.seek(-back, io.SEEK_CUR)
            assert file.read(count) == expected.read(count)
        assert file.seek(-5, io.SEEK_END) == expected.seek(-5, io.SEEK_END)
        assert (file.read(), file.read()) == (data[-5:], b"")


def test_an_empty_file_is_read_as_empty(storage):
    storage.write(JOB, "photo", "photo.jpg", bytearray())
    assert storage.read(JOB, "photo", "photo.jpg") == b""
    assert storage.info(JOB, "photo", "photo.jpg").size_bytes == 0


def test_a_storage_that_answers_passes_its_check(storage):
    storage.check()


def test_free_space_is_told_before_anything_is_written(storage):
    assert storage.free_bytes() > 0
