import numpy as np
import pytest

from worker.geometry.fuse.robust_line import robust_line

X = np.arange(10.0)


def test_a_straight_line_is_found_exactly_and_every_point_trusted():
    line = robust_line(X, 2 * X - 3, np.ones(10))
    assert (line.slope, line.intercept) == (pytest.approx(2), pytest.approx(-3))
    np.testing.assert_array_equal(line.trust, 1)


def test_points_far_off_the_line_hardly_count():
    y = 2 * X - 3 + np.random.default_rng(1).normal(scale=0.01, size=10)
    y[3] += 1000
    line = robust_line(X, y, np.ones(10))
    assert line.slope == pytest.approx(2, abs=0.01)
    assert line.trust[3] < 1e-4 < line.trust[4]


def test_a_weight_counts_like_so_many_points():
    weighted = robust_line(np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 3.0]), np.array([1.0, 3.0, 1.0]))
    repeated = robust_line(np.array([0.0, 1.0, 1.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0, 3.0]), np.ones(5))
    assert weighted.intercept == pytest.approx(repeated.intercept) == pytest.approx(0)


def test_a_line_through_one_place_is_level():
    line = robust_line(np.ones(4), np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4))
    assert (line.slope, line.intercept) == (0, pytest.approx(2.5))
