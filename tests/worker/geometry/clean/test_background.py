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


def person_before(far_mm=2000.0, near_mm=600.0, rows=slice(50, 160), columns=slice(60, 160)):
    """A board before a wall, both flat."""
    depth = np.full((160, 220), far_mm) + noise((160, 220), 1)
    depth[rows, columns] += near_mm - far_mm
    return depth


def test_a_board_before_a_wall_is_told_to_the_pixel():
    split = find_background(person_before())
    expected = np.ones((160, 220), bool)
    expected[50:, 60:160] = False
    np.testing.assert_array_equal(split.mask, expected)


@pytest.mark.parametrize(
    ("scene", "verdict"),
    [
        (person_before(far_mm=600 * 1.17), "found"),  # 15 % farther is enough
        (person_before(far_mm=600 * 1.13), "unclear"),
        (person_before(rows=slice(0, 160), columns=slice(0, 170)), "unclear"),  # 0.39 of three edges is wall
        (person_before(rows=slice(0, 160), columns=slice(0, 20)), "found"),  # 0.65 of them
        (person_before(rows=slice(60, 95), columns=slice(60, 93)), "found"),  # 3.3 % of the photo
        (person_before(rows=slice(60, 92), columns=slice(60, 92)), "unclear"),  # 2.9 %
    ],
)
def test_the_limits_are_those_that_are_named(scene, verdict):
    assert find_background(scene).verdict == verdict


def test_each_of_the_three_edges_counts_as_part_of_the_frame():
    known = np.full((160, 220), np.nan)
    for edge in (np.s_[:, 0], np.s_[0], np.s_[:, -1]):
        known[edge] = 600.0
    known[40:120, 60:160] = 300.0
    assert find_background(known).verdict == "unclear"  # the two touch nowhere: nothing is torn
    known[:, 0] = known[:, -1] = np.nan  # 218 of 540 pixels are left
    assert find_background(known).verdict == "unclear"
    known[0, :9] = np.nan
    assert find_background(known).verdict == "absent"
