import cv2
import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, noise, plane
from worker.geometry.clean.background import find_background, otsu

CAMERA = camera_of(160, 220, 400)


def test_a_head_before_a_wall_is_told_from_it():
    truth = ball(CAMERA)
    scene = cv2.GaussianBlur(np.where(np.isfinite(truth), truth, 2000.0), (0, 0), 1.5) + noise(truth.shape, 2)
    split = find_background(scene)
    assert split.verdict == "found"
    assert (split.mask == np.isnan(truth)).mean() > 0.97


def test_a_bust_without_background_is_left_whole():
    split = find_background(ball(CAMERA))
    assert split.verdict == "absent"
    assert not split.mask.any()


@pytest.mark.parametrize("depth", [plane(CAMERA, slope_x=0.6), plane(CAMERA) + noise((160, 220), 3)])
def test_one_surface_is_not_cut_in_two(depth):
    split = find_background(depth)
    assert split.verdict == "unclear"
    assert not split.mask.any()


def test_a_floor_that_runs_away_without_a_jump_is_not_cut():
    depth = 600 * np.exp(np.linspace(1.5, 0, 160))[:, None] + np.zeros((1, 220))
    assert find_background(depth).verdict == "unclear"


def test_otsu_agrees_with_two_hand_made_classes():
    threshold, separation = otsu(np.array([1.0] * 50 + [3.0] * 50))
    assert 1 < threshold < 3
    assert separation == pytest.approx(1, abs=1e-6)
    assert otsu(np.ones(10)) == (1.0, 0.0)


def test_a_few_near_specks_are_no_person():
    depth = plane(CAMERA, 2000.0)
    depth[80:84, 100:108] = 400
    split = find_background(depth)
    assert split.verdict == "unclear"
    assert not split.mask.any()
