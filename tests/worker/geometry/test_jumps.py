import cv2
import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, plane
from worker.geometry.jumps import BRIDGED_RATIO, flying_pixels, joined_ratio, jump_ratio, links_of, spoiled_by_ramps


def test_the_largest_step_within_a_surface_agrees_with_hand_worked_numbers():
    # 82 degrees lean by 7.115 per unit: at 300 px focal length 600 mm are 2 mm a pixel, so 14.23 mm a step.
    assert 600 * jump_ratio(300) == pytest.approx(14.23, abs=0.01)
    # At 3000 px a pixel is 0.2 mm; the floor of 2 % of the depth, 12 mm, decides.
    assert 600 * jump_ratio(3000) == pytest.approx(12.0)


def test_a_body_of_known_size_is_closed_over_larger_steps_than_one_of_unknown_size():
    camera = camera_of(2, 4, 3000)
    assert joined_ratio(camera, "relative") == jump_ratio(3000)
    assert joined_ratio(camera, "mm") == BRIDGED_RATIO


def test_a_step_is_cut_and_its_neighbours_are_not():
    depth = np.array([[600.0, 601, 640, 641], [600, 601, 602, np.nan]])
    links = links_of(depth, camera_of(2, 4))
    np.testing.assert_array_equal(links.right, [[True, False, True], [True, True, False]])
    np.testing.assert_array_equal(links.down, [[True, True, False, False]])


def test_a_plane_that_leans_by_80_degrees_is_one_surface():
    camera = camera_of(40, 60)
    depth = plane(camera, slope_x=np.tan(np.radians(80)))
    near = (depth > 300) & (depth < 700)
    depth[~near] = np.nan
    assert near.sum() > 500
    np.testing.assert_array_equal(links_of(depth, camera).right, near[:, :-1] & near[:, 1:])
    assert not flying_pixels(depth, camera).any()


def test_a_ball_keeps_every_pixel_up_to_its_outline():
    camera = camera_of(120, 160, 400)
    assert not flying_pixels(ball(camera), camera).any()


@pytest.mark.parametrize("scale", [1, 2])
def test_pixels_that_a_blur_draws_between_a_ball_and_a_wall_fly(scale):
    camera = camera_of(120 * scale, 160 * scale, 400.0 * scale)
    truth = ball(camera)
    scene = np.where(np.isfinite(truth), truth, 1500.0)
    blurred = cv2.GaussianBlur(scene, (0, 0), 1.5 * scale)
    flying = flying_pixels(blurred, camera)
    between = (blurred > 720) & (blurred < 1400)  # the ball ends at 600 mm, the wall begins at 1500
    assert flying[between].mean() > 0.97
    assert not flying[np.abs(blurred - scene) < 1].any()


def test_a_sharp_step_has_no_flying_pixels():
    camera = camera_of(20, 30)
    depth = np.full((20, 30), 600.0)
    depth[:, 15:] = 900
    assert not flying_pixels(depth, camera).any()


def test_the_ends_of_a_climb_are_spoiled_too_and_no_more():
    depth = np.full((20, 30), 600.0)
    depth[:, 15] = 750
    depth[:, 16:] = 900
    spoiled = spoiled_by_ramps(depth, camera_of(20, 30))
    np.testing.assert_array_equal(np.flatnonzero(spoiled[10]), [14, 15, 16])


def test_a_cheek_that_turns_away_into_nothing_stays_however_steep():
    depth = np.full((20, 300), np.nan)
    depth[:, 100:120] = 600
    depth[:, 117:120] = (620, 640, 660)
    assert not flying_pixels(depth, camera_of(20, 300)).any()
    depth[:, 120:160] = 680
    assert flying_pixels(depth, camera_of(20, 300))[10, 117:120].all()
