"""Archives that unpack as ordinary files, by Python's reader and by Info-ZIP's."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from tests.support.browser_setup import in_ci
from worker.zips import zipped

MADE = datetime(2026, 11, 3, 22, 15, 37, tzinfo=UTC)
FILES = {"a.obj": b"v 1 2 3\n" * 500, "a.jpg": b"\xff\xd8" + bytes(700)}


def test_an_archive_holds_its_files_with_rights_and_time():
    with zipfile.ZipFile(io.BytesIO(zipped(FILES, MADE))) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        assert {entry.filename: archive.read(entry) for entry in entries} == FILES
    for entry in entries:
        assert (entry.create_system, entry.external_attr >> 16) == (3, 0o100644)
        assert entry.date_time == (2026, 11, 3, 22, 15, 36)  # zip counts in steps of 2 s
    assert [entry.compress_type for entry in entries] == [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]


def test_the_same_files_give_the_same_archive():
    assert zipped(FILES, MADE) == zipped(FILES, MADE)


@pytest.mark.skipif(not shutil.which("unzip") and not in_ci(), reason="no unzip here")
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_unzip_gives_rights_and_the_exact_time_in_every_zone(zone, tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(FILES, MADE))
    command = ["unzip", "-q", "a.zip"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "TZ": zone}, check=True, umask=0o022)
    for name, data in FILES.items():
        path = tmp_path / name
        assert path.read_bytes() == data
        assert (path.stat().st_mode & 0o777, path.stat().st_mtime) == (0o644, MADE.timestamp())


def test_python_s_own_command_reads_it(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(FILES, MADE))
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", "a.zip"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "2026-11-03 22:15:36" in listed.stdout
