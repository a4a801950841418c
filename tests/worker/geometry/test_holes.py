import numpy as np
import pytest

from tests.worker.geometry.scenes import ball, camera_of, plane
from worker.geometry.holes import enclosed_holes, fill_holes, find_holes, nearest_known, pull_push


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


def test_a_slit_that_we_cut_is_closed_even_where_it_reaches_the_outside():
    known = np.ones((100, 120), bool)
    known[50] = False
    assert find_holes(known, ~known)[50].all()
    assert not find_holes(known, np.zeros_like(known)).any()


def test_a_hole_in_a_ball_is_filled_in_its_shape():
    truth = ball(camera_of(160, 220, 500))
    torn = truth.copy()
    torn[70:90, 100:120] = np.nan
    filled = fill_holes(torn, np.isnan(torn) & np.isfinite(truth))
    assert np.nanmax(np.abs(filled - truth)) < 2.0
    np.testing.assert_allclose(filled[np.isfinite(torn)], truth[np.isfinite(torn)], rtol=1e-6)


def test_a_hole_over_a_jump_gets_no_depth_in_between():
    depth = np.full((20, 30), 600.0)
    depth[:, 15:] = 900
    depth[8:12, 12:18] = np.nan
    filled = fill_holes(depth, np.isnan(depth))
    assert set(np.unique(filled)) == {600.0, 900.0}


@pytest.mark.parametrize("shape", [(5, 9), (16, 7)])
def test_continuing_keeps_what_is_known_and_leaves_nothing_unknown(shape):
    depth = plane(camera_of(*shape))
    depth[1:4, 2:5] = np.nan
    np.testing.assert_allclose(pull_push(depth), 600, rtol=1e-6)


def test_the_nearest_known_value_agrees_with_a_hand_worked_row():
    row = np.array([[np.nan, 1, np.nan, np.nan, np.nan, 2, np.nan]])
    np.testing.assert_array_equal(nearest_known(row)[0, [0, 1, 2, 4, 5, 6]], [1, 1, 1, 2, 2, 2])


def test_nothing_can_be_continued_from_nothing():
    empty = np.full((3, 5), np.nan)
    assert np.isnan(pull_push(empty)).all()
    assert np.isnan(nearest_known(empty)).all()
