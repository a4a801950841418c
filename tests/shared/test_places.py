"""RELIEF_DATA is a folder or a place in a bucket."""

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.places import Bucket
from shared.settings import Settings


@pytest.mark.parametrize(
    ("named", "place", "written"),
    [
        ("data", Path.cwd() / "data", str(Path.cwd() / "data")),
        ("s3://relief", Bucket("relief", ""), "s3://relief/"),
        ("s3://relief/a.b/c_d/", Bucket("relief", "a.b/c_d/"), "s3://relief/a.b/c_d/"),
    ],
)
def test_a_place_is_a_folder_or_a_bucket(monkeypatch, named, place, written):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("RELIEF_DATA", named)
    settings = Settings.from_environment()
    assert (settings.data, str(settings.data)) == (place, written)


@pytest.mark.parametrize("wrong", ["s3://", "s3:///prefix", "s3://A", "s3://relief//a", "s3://relief/a b"])
def test_what_looks_like_a_bucket_and_is_none_is_refused_at_start(monkeypatch, wrong):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("RELIEF_DATA", wrong)
    with pytest.raises(SettingsError, match="RELIEF_DATA"):
        Settings.from_environment()


@pytest.mark.parametrize("wrong", ["yes", "aws:kms:", "AES256 ", "aws:kms:a b"])
def test_an_encryption_that_s3_does_not_know_is_refused_at_start(monkeypatch, wrong):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("RELIEF_DATA", "s3://relief")
    monkeypatch.setenv("RELIEF_S3_ENCRYPTION", wrong)
    with pytest.raises(SettingsError, match="RELIEF_S3_ENCRYPTION"):
        Settings.from_environment()
