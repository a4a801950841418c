import cv2
import numpy as np
import pytest

from tests.support.fusing import CAMERA, HEAD, ON_HEAD, SCENE, U, V
from worker.geometry.fuse.ramps import parted

BLURRED = 1 / cv2.GaussianBlur(1 / SCENE, (0, 0), 2.0)


def test_a_blurred_step_becomes_as_sharp_as_the_outline():
    result = parted(BLURRED, ON_HEAD, CAMERA)
    assert (BLURRED[ON_HEAD] > 750).any()  # there was something to do
    assert result[ON_HEAD].max() < 720
    assert result[~ON_HEAD].min() > 1900


def test_what_lies_away_from_the_outline_is_left_as_it_is():
    result = parted(BLURRED, ON_HEAD, CAMERA)
    deep = np.hypot(V - 79.5, U - 109.5) < 55
    np.testing.assert_array_equal(result[deep], BLURRED[deep].astype(np.float32))
    far = np.hypot(V - 79.5, U - 109.5) > 100
    np.testing.assert_array_equal(result[far], BLURRED[far].astype(np.float32))


def test_the_rim_goes_on_backwards_as_the_head_does():
    result = parted(BLURRED, ON_HEAD, CAMERA)
    rim = ON_HEAD & (np.hypot(V - 79.5, U - 109.5) > 70)
    assert np.median(np.abs(result - HEAD)[rim]) < 12
    assert np.median(result[rim]) > np.median(result[(np.hypot(V - 79.5, U - 109.5) < 68) & ON_HEAD])


def test_a_person_who_leans_on_a_wall_has_no_ramp():
    leaning = np.where(ON_HEAD, HEAD, 640.0)
    slow = 1 / cv2.GaussianBlur(1 / leaning, (0, 0), 9.0)
    np.testing.assert_allclose(parted(slow, ON_HEAD, CAMERA), slow, rtol=2e-2)


@pytest.mark.parametrize("person", [np.ones_like(ON_HEAD), np.zeros_like(ON_HEAD)])
def test_nobody_or_nothing_else_leaves_the_map(person):
    np.testing.assert_array_equal(parted(BLURRED, person, CAMERA), BLURRED.astype(np.float32))


def test_strands_that_the_map_does_not_see_go_on_from_the_rest_of_the_person():
    strands = ON_HEAD | ((np.abs(V - 80) < 2) & (U > 180) & (U < 200))
    result = parted(1 / cv2.GaussianBlur(1 / SCENE, (0, 0), 1.0), strands, CAMERA)
    assert result[strands].max() < 760
