import cv2
import numpy as np
import pytest

from tests.support.fusing import CAMERA, HEAD, ON_HEAD, SCENE, U, V
from worker.geometry.fuse.ramps import STEEPEST, parted

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


def leaning_person(blur_px=2.0, down=0.3, right=0.5):
    """A slanted plane before a wall, left of column 120: its true depth, and what a network draws of both."""
    true = np.where(U < 120, 500 + right * U + down * V, 2000.0)
    return true, 1 / cv2.GaussianBlur(1 / true, (0, 0), blur_px)


def test_a_slanted_rim_goes_on_along_its_slope_and_the_wall_comes_up_to_it():
    true, blurred = leaning_person()
    result = parted(blurred, U < 120, CAMERA)
    inner = np.s_[20:-20, 20:]
    assert np.abs(blurred - true)[inner].max() > 400
    np.testing.assert_allclose(result[inner], true[inner], atol=2.5)
    assert result.dtype == np.float32


def test_a_rim_goes_on_no_more_steeply_than_the_rule_says():
    _, blurred = leaning_person(down=0.0, right=4.0)
    result = parted(blurred, U < 120, CAMERA)
    pixel_mm = np.median(blurred[:, :120]) / CAMERA.fx
    steps = np.diff(result[80, 110:120])
    assert steps[:2] == pytest.approx([4, 4], abs=0.1)
    assert (steps[-5:-3] / pixel_mm).mean() == pytest.approx(STEEPEST, rel=0.1)


def test_a_ramp_that_lies_outside_the_outline_alone_becomes_the_wall():
    true, blurred = leaning_person()
    sharp = np.where(U < 120, true, blurred).astype(np.float32)
    before = sharp.copy()
    result = parted(sharp, U < 120, CAMERA)
    np.testing.assert_allclose(result[:, 120:], 2000, atol=5)
    np.testing.assert_array_equal(sharp, before)


@pytest.mark.parametrize("turned", [False, True])
def test_a_map_whose_step_lies_inside_the_outline_is_continued_up_to_it(turned):
    # The map ends the person six pixels too early, and goes on flat, a little behind them.
    person = 500 + (V if turned else U) / 2
    across, edge = (V, 100) if turned else (U, 120)
    depth = cv2.GaussianBlur(np.where(across < edge - 6, person, 500 + edge / 2 + 30), (0, 0), 0.7)
    result = parted(depth, across < edge, CAMERA)
    rim = (across >= edge - 6) & (across < edge)
    assert (depth - person)[rim & (across > edge - 4)].min() > 25
    np.testing.assert_allclose(result[rim], person[rim], atol=2.5)


def test_of_a_person_only_what_lies_far_behind_all_the_rest_is_put_nearer():
    # From 500 to 600 mm, and in a narrow tail on to 700: what lies 0.7 of that range farther back is not theirs.
    person = (U < 180) | ((U < 205) & (np.abs(V - 80) < 12))
    depth = np.where(person, np.where(U < 180, 500 + U / 1.8, 600 + 4.0 * (U - 180)), 2000.0)
    near, far = np.percentile(depth[person], (3, 97))
    limit = far + 0.7 * (far - near)
    assert 655 < limit < 670
    result = parted(depth, person, CAMERA)[80]
    np.testing.assert_allclose(result[178:192], depth[80, 178:192], rtol=1e-6)
    assert (depth[80, 200:205] - result[200:205]).min() > 9
    assert depth[80, 200] > limit + 10
