"""Head models' files: what is written is read again, and what cannot be used is refused with what is wrong."""

import io
import zipfile
from dataclasses import fields

import numpy as np
import pytest

from worker.head.model.head_model import HeadModel
from worker.head.model.load import FILE, STEP_MM, HeadModelError, head_model, load_head_model, save_head_model


@pytest.fixture(scope="module")
def stored() -> dict[str, np.ndarray]:
    with np.load(FILE, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def written(tmp_path, stored):
    path = tmp_path / "model.npz"
    np.savez(path, **stored)
    return path


def test_a_model_that_is_written_is_read_again(tmp_path):
    path = tmp_path / "again.npz"
    save_head_model(head_model(), path)
    again = load_head_model(path)
    for field in fields(HeadModel):
        before, after = getattr(head_model(), field.name), getattr(again, field.name)
        if isinstance(before, np.ndarray):
            np.testing.assert_allclose(after, before, atol=STEP_MM / 2)
        else:
            assert after == before


def test_the_model_is_loaded_once():
    assert head_model() is head_model()


@pytest.mark.parametrize(
    "name", ["mean", "triangles", "modes", "landmark_corners", "uv", "expression_steps", "version"]
)
def test_what_is_missing_is_named(tmp_path, stored, name):
    path = written(tmp_path, {key: value for key, value in stored.items() if key != name})
    with pytest.raises(HeadModelError, match=name):
        load_head_model(path)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("version", lambda value: value + 1, "version 2 of the layout, 1 is expected"),
        ("mean", lambda value: value * np.nan, "mean holds what is no finite number"),
        ("modes", lambda value: value[:, :-1], "modes has the shape"),
        ("scalp", lambda value: value[:-1], "scalp has the shape"),
        ("triangles", lambda value: value + 7000, "triangles holds an index beyond 7197"),
        ("uv_triangles", lambda value: value + 40_000, "uv_triangles holds an index beyond"),
        ("landmark_weights", lambda value: value[:, :2], "landmark_weights has the shape"),
        ("expression_counts", lambda value: value[:-1], "model.npz"),
        ("expression_vertices", lambda value: value + 9000, "model.npz"),
        ("bound", lambda value: value * 0, "bound is 0"),
        ("part", lambda value: value * 0, "it has no eyes, teeth, tongue"),
        ("part", lambda value: value + 9, "is not a valid Part"),
        ("mean", lambda value: value.astype("U8"), "no finite number"),
        ("mean", lambda value: value[:0], "model.npz"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, stored, name, change, message):
    path = written(tmp_path, stored | {name: change(stored[name])})
    with pytest.raises(HeadModelError, match=message):
        load_head_model(path)


def test_what_is_no_archive_is_refused(tmp_path):
    for content in (b"", b"PK\x03\x04 no archive", b"\x93NUMPY", FILE.read_bytes()[:5000]):
        path = tmp_path / "broken.npz"
        path.write_bytes(content)
        with pytest.raises(HeadModelError, match=r"broken\.npz"):
            load_head_model(path)


def test_what_would_fill_the_memory_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("mean.npy", "w") as member:
        for _ in range(51):
            member.write(bytes(10_000_000))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(HeadModelError, match="510000000 bytes when unpacked, 500000000 are allowed"):
        load_head_model(path)


def test_pickled_objects_are_never_loaded(tmp_path, stored):
    buffer = io.BytesIO()
    np.savez(buffer, **(stored | {"mean": np.array([{"a": 1}], object)}))
    path = tmp_path / "pickled.npz"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(HeadModelError, match="allow_pickle"):
        load_head_model(path)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(HeadModelError, match=r"nowhere\.npz"):
        load_head_model(tmp_path / "nowhere.npz")
