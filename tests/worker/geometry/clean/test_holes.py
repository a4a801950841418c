import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, plane
from worker.geometry.clean.holes import continued, enclosed_holes, fill_gaps, find_gaps, nearest_places, pull_push


def test_a_small_enclosed_gap_is_a_hole_whoever_made_it_and_a_bay_is_not():
    known = np.ones((100, 120), bool)
    known[50:52, 60:63] = False
    known[:10, 40:44] = False
    holes = enclosed_holes(known, np.zeros_like(known))
    assert holes.sum() == 6
    assert holes[50:52, 60:63].all()


def test_the_wall_seen_between_arm_and_body_stays_open_unless_our_filters_made_the_gap():
    known = np.ones((100, 120), bool)
    known[30:60, 40:70] = False
    assert not enclosed_holes(known, np.zeros_like(known)).any()
    assert enclosed_holes(known, ~known).sum() == 900


def test_a_spoiled_rim_belongs_to_the_surface_as_far_as_it_reaches():
    known = np.zeros((200, 300), bool)
    known[:, :100] = True
    spoiled = np.zeros_like(known)
    spoiled[:, 100:120] = True
    gaps = find_gaps(known, spoiled, made=spoiled)
    assert gaps[:, 100:103].all()  # 1 % of 300 pixels
    assert not gaps[:, 104:].any()
    assert not find_gaps(known, np.zeros_like(known), made=spoiled).any()


def test_most_of_a_slope_is_continued_and_agrees_with_a_hand_worked_row():
    row = np.array([[np.nan, np.nan, 10.0, 10.1, 10.2, 10.3, np.nan, np.nan]])
    np.testing.assert_allclose(continued(row, np.isnan(row)), [9.84, 9.92, 10.38, 10.46])


def test_a_jump_is_not_continued():
    row = np.array([[5.0, 10.0, np.nan, np.nan]])
    np.testing.assert_allclose(continued(row, np.isnan(row)), [10, 10])


def test_a_hole_in_a_ball_is_filled_in_its_shape():
    truth = ball(camera_of(160, 220, 500))
    torn = truth.copy()
    torn[70:90, 100:120] = np.nan
    filled = fill_gaps(torn, np.isnan(torn) & np.isfinite(truth))
    assert np.nanmax(np.abs(filled - truth)) < 2.0
    np.testing.assert_allclose(filled[np.isfinite(torn)], truth[np.isfinite(torn)], rtol=1e-6)


def test_a_hole_over_a_jump_gets_no_depth_in_between():
    depth = np.full((20, 30), 600.0)
    depth[:, 15:] = 900
    depth[8:12, 12:18] = np.nan
    filled = fill_gaps(depth, np.isnan(depth))
    assert set(np.unique(filled)) == {600.0, 900.0}


@pytest.mark.parametrize("shape", [(5, 9), (16, 7)])
def test_continuing_keeps_what_is_known_and_leaves_nothing_unknown(shape):
    depth = plane(camera_of(*shape))
    depth[1:4, 2:5] = np.nan
    np.testing.assert_allclose(pull_push(depth), 600, rtol=1e-6)


def test_the_nearest_places_places_agree_with_a_hand_worked_row():
    known = np.array([[False, True, False, False, False, True, False]])
    at = np.array([[True, False, True, False, True, False, True]])
    rows, columns = nearest_places(known, at)
    np.testing.assert_array_equal(rows, [0, 0, 0, 0])
    np.testing.assert_array_equal(columns, [1, 1, 5, 5])


def test_nothing_can_be_continued_from_nothing():
    empty = np.full((3, 5), np.nan)
    assert np.isnan(pull_push(empty)).all()
