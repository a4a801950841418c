"""The files of a head as the head model gives it: its mean, whose neck is closed below, with all expressions."""

import io

import numpy as np
import pytest
import trimesh

from tests.support.glb import read_glb
from tests.support.model_heads import mean_head, vertices_of
from worker.export.head.glb import head_glb
from worker.export.head.source import HeadSource
from worker.export.head.stl import head_stl
from worker.head.model.head_model import Part
from worker.head.model.load import head_model

LANDMARKS = {  # of MediaPipe's face mesh, on the head's left
    "outer eye corner": 263,
    "upper lid": 386,
    "lower lid": 374,
    "mouth corner": 291,
    "lower lip": 17,
    "upper lip": 0,
    "chin": 152,
    "inner brow": 285,
    "nose tip": 1,
}


@pytest.fixture(scope="module")
def source() -> HeadSource:
    return HeadSource(mean_head({"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "jawOpen": 0.2}), {})


@pytest.fixture(scope="module")
def read(source, tmp_path_factory):
    return read_glb(head_glb(source), tmp_path_factory.mktemp("glb"))


def test_the_validator_has_nothing_to_say(read):
    assert read.issues == []
    assert {len(mesh.offsets) for mesh in read.meshes.values()} == {52}


@pytest.mark.parametrize(
    ("name", "moves", "rests", "to"),
    [
        ("jawOpen", ("chin", "lower lip"), ("upper lip", "nose tip", "upper lid"), (0, -1, 0)),
        ("eyeBlinkLeft", ("upper lid",), ("chin", "nose tip", "mouth corner"), (0, -1, 0)),
        ("mouthSmileLeft", ("mouth corner",), ("chin", "nose tip", "upper lid"), (0, 1, 0)),
        ("browInnerUp", ("inner brow",), ("chin", "nose tip", "mouth corner"), (0, 1, 0)),
        ("mouthPucker", ("mouth corner",), ("upper lid", "inner brow"), (-1, 0, 0)),
    ],
)
def test_a_target_moves_the_landmarks_that_its_name_says(read, name, moves, rests, to):
    """More than 2 mm in the direction `to`; what rests moves by less than a fifth of that."""
    offsets = dict(zip(LANDMARKS, landmark_offsets_mm(read, name), strict=True))
    least = min(float(offsets[landmark] @ to) for landmark in moves)
    assert least > 2
    for landmark in rests:
        assert np.linalg.norm(offsets[landmark]) < least / 5, landmark


def landmark_offsets_mm(read, name):
    """How far each of LANDMARKS moves; the skin's first vertices are the model's, in their order."""
    model = head_model()
    wanted = list(LANDMARKS.values())
    corners, weights = model.landmark_corners[wanted], model.landmark_weights[wanted]
    moved = 1000 * read.meshes["skin"].offsets[name]
    at = np.searchsorted(vertices_of(model, Part.SKIN), corners)
    return (weights[..., None] * moved[at]).sum(1)


def test_a_print_of_it_is_one_closed_solid(source):
    solid = trimesh.load(io.BytesIO(head_stl(source)), file_type="stl")
    assert solid.is_watertight and solid.body_count == 1
    assert solid.bounds[0, 2] == pytest.approx(0, abs=1e-4)
    assert 250 < solid.bounds[1, 2] < 400
