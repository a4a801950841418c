import numpy as np
import pytest

from tests.support.scenes import camera_of, plane
from worker.geometry.jumps import BRIDGED_RATIO, joined_ratio, jump_ratio, links_of


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
