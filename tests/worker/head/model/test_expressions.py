"""Each of the 52 expressions moves what its name says, and little else."""

import numpy as np
import pytest

from worker.head.model.head_model import HeadModel, Part
from worker.head.model.load import head_model
from worker.person.landmarks import LANDMARKS

ARKIT = [
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
]  # fmt: skip
RIGHT, LEFT, UP, DOWN, FORWARD = (-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1)
MOVES = [  # name, a landmark that moves, where to, by at least so many mm
    ("browDownLeft", 285, DOWN, 1.5),
    ("browInnerUp", 285, UP, 1.5),
    ("browOuterUpLeft", 334, UP, 1.5),
    ("cheekPuff", 425, FORWARD, 1.0),
    ("eyeBlinkLeft", 386, DOWN, 5),
    ("eyeWideLeft", 386, UP, 1.0),
    ("eyeSquintLeft", 374, UP, 0.8),
    ("jawForward", 175, FORWARD, 2),
    ("jawLeft", 175, LEFT, 2),
    ("jawRight", 175, RIGHT, 2),
    ("jawOpen", 175, DOWN, 15),
    ("mouthFrownLeft", 291, DOWN, 2),
    ("mouthFunnel", 291, RIGHT, 2),
    ("mouthLeft", 291, LEFT, 2),
    ("mouthRight", 61, RIGHT, 2),
    ("mouthLowerDownLeft", 405, DOWN, 1.5),
    ("mouthPucker", 291, RIGHT, 4),
    ("mouthSmileLeft", 291, UP, 4),
    ("mouthSmileLeft", 291, LEFT, 1.5),
    ("mouthStretchLeft", 291, LEFT, 1.5),
    ("mouthUpperUpLeft", 269, UP, 1.5),
    ("mouthShrugLower", 17, UP, 1.5),
    ("mouthShrugUpper", 0, UP, 1.5),
    ("noseSneerLeft", 358, UP, 1),
]


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


def moved(model: HeadModel, name: str) -> np.ndarray:
    """(N, 3) mm."""
    return model.expressions[model.expression_names.index(name)]


def test_the_expressions_have_arkit_s_names(model):
    assert list(model.expression_names) == ARKIT


@pytest.mark.parametrize(("name", "landmark", "to", "least_mm"), MOVES)
def test_an_expression_moves_what_its_name_says(model, name, landmark, to, least_mm):
    offsets = model.landmarks(moved(model, name))
    assert offsets[landmark] @ to > least_mm


@pytest.mark.parametrize(
    "name", [name for name in ARKIT if name.endswith("Left") and name not in ("jawLeft", "mouthLeft")]
)
def test_left_and_right_mirror_each_other(model, name):
    left, right = moved(model, name), moved(model, name.replace("Left", "Right"))
    np.testing.assert_allclose(left[model.mirror] * [-1, 1, 1], right, atol=0.6)


def test_skull_and_ears_and_neck_s_rim_rest(model):
    still = (model.mean[:, 1] < -95) | (model.neck == 1) & (model.mean[:, 1] > 200)
    assert np.abs(model.expressions[:, still]).max() < 0.1


def test_a_blink_brings_the_lids_together_and_no_further(model):
    for name, (upper, lower) in zip(("eyeBlinkRight", "eyeBlinkLeft"), LANDMARKS.lids, strict=True):
        closed = model.landmarks(model.mean + moved(model, name))
        assert abs(closed[lower, 1] - closed[upper, 1]) < 0.3


def test_the_jaw_takes_lower_teeth_and_tongue_with_it_and_leaves_the_upper_ones(model):
    offsets = moved(model, "jawOpen")
    teeth = np.flatnonzero(model.part == Part.TEETH)
    upper, lower = teeth[: len(teeth) // 2], teeth[len(teeth) // 2 :]
    assert offsets[lower, 1].min() > 3
    assert np.abs(offsets[upper]).max() < 0.1
    assert offsets[model.part == Part.TONGUE, 1].max() > 10


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("eyeLookUpLeft", UP), ("eyeLookDownLeft", DOWN), ("eyeLookOutLeft", LEFT), ("eyeLookInLeft", RIGHT),
        ("eyeLookUpRight", UP), ("eyeLookDownRight", DOWN), ("eyeLookOutRight", RIGHT), ("eyeLookInRight", LEFT),
    ],
)  # fmt: skip
def test_a_look_turns_the_eyeball_about_its_middle(model, name, to):
    own = (model.part == Part.EYES) & ((model.mean[:, 0] > 0) == name.endswith("Left"))
    pupil = np.flatnonzero(own)[model.mean[own, 2].argmin()]
    offsets = moved(model, name)
    assert offsets[pupil] @ to > 2
    assert np.linalg.norm(offsets[own].mean(0)) < 1.5
    assert not offsets[(model.part == Part.EYES) & ~own].any()


def test_the_tongue_comes_out(model):
    tongue = model.part == Part.TONGUE
    tip = np.flatnonzero(tongue)[model.mean[tongue, 2].argmin()]
    assert (moved(model, "tongueOut")[tongue] @ FORWARD).max() > 10
    assert model.mean[tip, 2] < 30
