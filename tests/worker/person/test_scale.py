import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.person.face import Face
from worker.person.scale import SCALE, Scale, scale_of


def face_with_irises(finder, head, factor=1.0, grow=(1.0, 1.0)) -> Face:
    """A found face whose irises, as the network sees them, are made larger or smaller about their middles."""
    (face,) = finder.find_faces(head)
    grown = face.irises - face.irises[:, :1]
    return Face(face.landmarks, face.score, face.irises[:, :1] + grown * factor * np.reshape(grow, (2, 1, 1)))


def camera_of(head) -> Intrinsics:
    return Intrinsics.from_focal((head.shape[1], head.shape[0]), 900.0)


@pytest.fixture(scope="module")
def seen_mm(finder, head):
    """What the irises of the rendered head say."""
    return scale_of(face_with_irises(finder, head), camera_of(head)).irises_mm


def scaled(finder, head, factor, given=None):
    return scale_of(face_with_irises(finder, head, factor), camera_of(head), given)


def test_a_given_distance_wins_and_the_irises_are_told_beside_it(finder, head, seen_mm):
    scale = scaled(finder, head, 1.0, 70.0)
    assert (scale.pupil_distance_mm, scale.source, scale.irises_mm) == (70.0, "given", seen_mm)


@pytest.mark.parametrize("true_mm", [46.0, 50.0])
def test_irises_that_are_large_for_a_face_make_it_a_child_s(finder, head, seen_mm, true_mm):
    scale = scaled(finder, head, seen_mm / true_mm)
    assert scale.irises_mm == pytest.approx(true_mm)
    assert scale.source == "irises"
    assert scale.pupil_distance_mm == pytest.approx(true_mm, abs=3)


def test_adults_come_out_nearer_to_the_mean_than_their_irises_say(finder, head, seen_mm):
    for true_mm in (58.0, 68.0):
        scale = scaled(finder, head, seen_mm / true_mm)
        assert abs(scale.pupil_distance_mm - 63) < 0.8 * abs(true_mm - 63)
        assert np.sign(scale.pupil_distance_mm - 63) == np.sign(true_mm - 63)


def test_small_irises_are_not_measured(finder, head):
    face = face_with_irises(finder, head)
    size = SCALE.least_px / 2 / np.linalg.norm(face.irises[0, 1, :2] - face.irises[0, 3, :2])
    scale = scale_of(
        face.scaled((size, size)), camera_of(head).resized((round(head.shape[1] * size), round(head.shape[0] * size)))
    )
    assert (scale.pupil_distance_mm, scale.source, scale.irises_mm) == (63.0, "assumed", None)


def test_eyes_that_disagree_are_not_believed(finder, head):
    face = face_with_irises(finder, head, grow=(0.8, 1.25))
    assert scale_of(face, camera_of(head)).source == "assumed"


def test_a_face_without_irises_has_the_mean_of_adults(finder, head):
    face = face_with_irises(finder, head)
    assert scale_of(Face(face.landmarks, 1.0), camera_of(head)).pupil_distance_mm == 63.0


def test_what_the_irises_of_a_rendered_head_say_is_within_their_error(seen_mm):
    assert seen_mm == pytest.approx(58.4, rel=2 * 0.06)  # h0's true distance


def test_a_face_s_size_is_that_of_its_pupils_next_to_mean_ones():
    """Pupils 63 mm apart are 61.2 mm between the middles of the eyes."""
    assert Scale(63.0, "assumed").size == pytest.approx(61.165 / 63, abs=1e-4)
    assert Scale(70.0, "given").size == pytest.approx(Scale(63.0, "given").size * 70 / 63)
