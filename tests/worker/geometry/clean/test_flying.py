import cv2
import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, plane
from worker.geometry.clean.flying import flying_pixels, spoiled_by_ramps


def test_a_plane_that_leans_by_80_degrees_keeps_every_pixel():
    camera = camera_of(40, 60)
    depth = plane(camera, slope_x=np.tan(np.radians(80)))
    depth[(depth <= 300) | (depth >= 700)] = np.nan
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
