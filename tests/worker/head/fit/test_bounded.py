import numpy as np
import pytest
from scipy.optimize import lsq_linear

from worker.head.fit.bounded import bounded_least_squares


def test_an_unknown_that_would_go_beyond_its_bound_stops_there_and_the_other_makes_up_for_it():
    # x + y = 3 and x = 2, each as sure as the other, but x may be 1 at most: then y is 2.
    left, right = np.array([[1.0, 1], [1, 0]]), np.array([3.0, 2])
    found = bounded_least_squares(left, right, np.array([0.0, -np.inf]), np.array([1.0, np.inf]))
    assert found == pytest.approx([1, 2])


def test_without_bounds_it_is_plain_least_squares():
    rng = np.random.default_rng(5)
    left, right, far = rng.normal(size=(30, 7)), rng.normal(size=30), np.full(7, np.inf)
    assert bounded_least_squares(left, right, -far, far) == pytest.approx(np.linalg.lstsq(left, right)[0])


@pytest.mark.parametrize("seed", range(8))
def test_the_squares_are_as_small_as_those_of_a_method_that_moves_one_unknown_at_a_time(seed):
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(70, 50)) * 10.0 ** rng.uniform(-2, 1, 50), 3 * rng.normal(size=70)
    low, high = -rng.uniform(0, 0.3, 50), rng.uniform(0, 0.3, 50)
    found = bounded_least_squares(left, right, low, high)
    expected = lsq_linear(left, right, (low, high), method="bvls", tol=1e-14).x
    assert (low <= found).all()
    assert (found <= high).all()
    costs = [float(((left @ values - right) ** 2).sum()) for values in (found, expected)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-7)
