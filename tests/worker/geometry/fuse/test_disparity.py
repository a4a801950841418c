import numpy as np
import pytest

from worker.geometry.fuse.disparity import EDGE_SLOPE_PER_PX, depth_by_shift, depth_from_disparity, edge_confidence


@pytest.fixture
def ramp():
    """(11, 101) disparity from 0 at the left to 100 at the right."""
    return np.tile(np.arange(101.0), (11, 1))


def test_percentiles_of_the_disparity_land_on_the_ends_of_the_range(ramp):
    depth = depth_from_disparity(ramp)
    assert depth[0, 99] == pytest.approx(1.0)
    assert depth[0, 1] == pytest.approx(3.0)


def test_the_middle_of_the_disparity_agrees_with_a_hand_worked_depth(ramp):
    # Half way between 1/1 and 1/3 lies 2/3.
    depth = depth_from_disparity(ramp)
    assert (depth[0, 50], depth.dtype) == (pytest.approx(1.5), np.float32)


def test_depth_ignores_the_disparitys_scale_and_shift(ramp):
    expected = depth_from_disparity(ramp)
    np.testing.assert_allclose(depth_from_disparity(ramp * 7e4 - 30), expected, rtol=1e-6)


def test_a_wild_pixel_neither_moves_the_rest_nor_turns_negative(ramp):
    wild = ramp.copy()
    wild[0, 0], wild[5, 50] = -1e6, 1e6
    depth = depth_from_disparity(wild)
    assert (depth[0, 0], depth[5, 50]) == pytest.approx((6.0, 0.5))
    assert depth[3, 50] == pytest.approx(1.5, abs=0.025)


def test_unknown_disparity_stays_unknown(ramp):
    ramp[2, 3], ramp[4, 5] = np.nan, np.inf
    depth = depth_from_disparity(ramp)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 3], [4, 5]]
    assert edge_confidence(ramp)[2, 3] == 0


def test_a_photo_without_any_disparity_has_no_depth():
    nothing = np.full((3, 4), np.nan)
    assert np.isnan(depth_from_disparity(nothing)).all()
    assert (edge_confidence(nothing) == 0).all()


def test_a_flat_disparity_lies_in_the_middle_of_the_range_with_full_confidence():
    flat = np.full((3, 4), 8.5)
    assert depth_from_disparity(flat) == pytest.approx(np.full((3, 4), 1.5))
    assert (edge_confidence(flat) == 1).all()


def test_confidence_falls_at_a_step_and_not_on_a_slope():
    step = np.where(np.arange(200) < 100, 1.0, 2.0) + np.linspace(0, 0.2, 200)
    confidence = edge_confidence(np.tile(step, (5, 1)))
    assert confidence[2, 99] < 0.01
    assert confidence[2, 50] > 0.95


@pytest.mark.parametrize("turned", [False, True])
def test_confidence_is_a_half_where_a_pixel_changes_by_the_named_part_of_the_range(turned):
    # Of 1,000 values from 0 to 1 the middle 20 rise by 0.03 of the range a pixel, in either direction.
    rise = np.clip((np.arange(1000) - 500) * EDGE_SLOPE_PER_PX, 0, 1) + np.zeros((40, 1))
    confidence = edge_confidence(rise.T if turned else rise)
    confidence = confidence.T if turned else confidence
    assert confidence[20, 510] == pytest.approx(0.5)
    assert confidence.dtype == np.float32
    # Twice as steep it is 1 / (1 + 2^2).
    steep = np.clip((np.arange(1000) - 500) * 2 * EDGE_SLOPE_PER_PX, 0, 1) + np.zeros((40, 1))
    assert edge_confidence(steep)[20, 508] == pytest.approx(0.2)


def test_two_pixels_are_enough_for_a_step():
    assert edge_confidence(np.array([[0.0, 1.0]])).max() < 0.01


def test_a_strip_one_pixel_wide_has_a_confidence():
    assert edge_confidence(np.arange(9.0).reshape(9, 1)).shape == (9, 1)


def test_a_map_of_a_person_and_nothing_else_is_no_step_where_its_shift_is_known():
    leaning = np.tile(1 / np.linspace(600, 700, 30), (20, 1))
    assert np.median(edge_confidence(leaning)) < 0.5  # its own range is all that it has
    # Inverse depth falls by 1/600 - 1/700 in 29 pixels, 0.0049 of 1/600 each; of three tenths of that, 0.0164:
    # 1 / (1 + (0.0164 / 0.03)^2) = 0.77.
    assert np.median(edge_confidence(leaning, shift_known=True)) == pytest.approx(0.77, abs=0.02)
    behind = np.where(np.arange(30) < 15, leaning, 1e-6)
    np.testing.assert_allclose(edge_confidence(behind), edge_confidence(behind, shift_known=True), atol=1e-3)


def test_relative_depth_by_a_known_shift_agrees_with_a_hand_worked_row():
    # The 99th percentile of 1, 2, 4 is 4 less 2 % of the way to 2, 3.96.
    row = np.array([[1.0, np.nan, 2, 4]])
    np.testing.assert_allclose(depth_by_shift(row, metric=False), [[3.96, np.nan, 1.98, 0.99]])
    np.testing.assert_allclose(depth_by_shift(row, metric=True), [[1, np.nan, 0.5, 0.25]])
    assert np.isnan(depth_by_shift(np.full((2, 3), np.nan), metric=True)).all()


def test_however_far_the_farthest_is_its_depth_is_a_number():
    row = np.array([[1e-3, 1e-3, 1e-42]], np.float32)
    np.testing.assert_allclose(depth_by_shift(row, metric=True), [[1e3, 1e3, 1e9]])
