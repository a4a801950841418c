"""Real photos that the detectors alone do not settle."""

import cv2
import numpy as np
import pytest

from tests.worker.conftest import PROJECT, read


def photo(name: str) -> np.ndarray:
    return read(PROJECT / "tests" / "data" / "photos" / f"{name}.jpg")


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_face_in_profile_is_found_and_looks_to_its_side(finder, mirrored):
    pixels = photo("evans_profile")
    (face,) = finder.find_faces(np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels)
    middle_u = pixels.shape[1] - 1 - face.middle[0] if mirrored else face.middle[0]
    assert (middle_u, face.middle[1]) == pytest.approx((835, 390), abs=80)
    assert 35 < (face.pose.yaw_deg if mirrored else -face.pose.yaw_deg) < 90


def test_in_a_crowd_of_small_faces_the_one_that_is_meant_is_chosen(finder):
    chosen, *others = finder.find_faces(photo("family_1920"), (380, 75))
    assert chosen.middle == pytest.approx([378, 72], abs=8)
    assert len(others) >= 5


def test_a_person_upside_down_has_the_chin_above_the_eyes(finder):
    pixels = np.ascontiguousarray(photo("obama_arms_smile")[::-1, ::-1])
    (face,) = finder.find_faces(pixels)
    chin, right_eye = face.landmarks[[152, 33], 1]
    assert chin < right_eye
    assert face.middle == pytest.approx([pixels.shape[1] - 393, pixels.shape[0] - 219], abs=25)


def test_arms_and_cloth_are_no_face(finder):
    assert finder.find_faces(np.ascontiguousarray(photo("hopper_cap_glasses")[950:])) == []


def test_the_points_of_a_large_photo_s_face_come_from_all_of_its_pixels(finder, astronaut):
    """Sharp detail, which the reduced photo has lost, must not move the face."""
    large = cv2.resize(astronaut, (2560, 2560), interpolation=cv2.INTER_CUBIC)
    (face,), (small,) = finder.find_faces(large), finder.find_faces(astronaut)
    assert face.side > 400
    assert np.abs(face.scaled((0.2, 0.2)).landmarks - small.landmarks)[:, :2].mean() < 0.5
