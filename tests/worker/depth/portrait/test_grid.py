import numpy as np
import pytest

from worker.depth.portrait.grid import inflate, laplacian, relaxed


def disc(radius, size_hw=(61, 71)):
    v, u = np.mgrid[: size_hw[0], : size_hw[1]]
    return np.hypot(v - size_hw[0] // 2, u - size_hw[1] // 2), np.hypot(v - 30, u - 35) < radius


def test_the_laplacian_of_a_paraboloid_is_the_hand_worked_number():
    v, u = np.mgrid[:5, :6]
    values = (u**2 + v**2).ravel().astype(float)
    inner = (laplacian(np.ones((5, 6), bool)) @ values).reshape(5, 6)[1:-1, 1:-1]
    assert inner == pytest.approx(4)


def test_a_disc_inflates_to_a_paraboloid_whose_root_is_a_hemisphere():
    _, mask = disc(24)
    unknown, ones, zeros = np.full(mask.shape, np.nan), np.ones(mask.shape), np.zeros(mask.shape)
    w = inflate(mask, unknown, -4 * ones, zeros, zeros)
    assert w[30, 35] == pytest.approx(24**2, rel=0.05)
    assert np.sqrt(w[30, 47]) == pytest.approx(np.sqrt(24**2 - 12**2), rel=0.05)
    assert (w[~mask] == 0).all()


def test_known_values_stay_and_a_slope_goes_on_only_where_it_may():
    distance, mask = disc(28)
    known = np.where(distance < 12, 400 - 10 * distance, np.nan)
    ones, zeros = np.ones(mask.shape), np.zeros(mask.shape)
    smooth, broken = (inflate(mask, known, -ones, zeros, weight) for weight in (ones * 5, zeros))
    assert smooth[distance < 12] == pytest.approx(known[distance < 12])
    bend = [abs(w[30, 35 + 12] - 2 * w[30, 35 + 11] + w[30, 35 + 10]) for w in (smooth, broken)]
    assert bend[0] < bend[1]


def test_screening_bounds_the_height():
    _, mask = disc(29)
    ones = np.ones(mask.shape)
    w = inflate(mask, np.full(mask.shape, np.nan), -ones, ones / 25, 0 * ones)
    assert w[30, 35] == pytest.approx(25, rel=0.02)


def test_relaxing_leaves_a_solution_as_it_is():
    _, mask = disc(20)
    ones = np.ones(mask.shape)
    w = inflate(mask, np.full(mask.shape, np.nan), -4 * ones, 0 * ones, 0 * ones)
    assert relaxed(w.astype(np.float32), mask, ~mask, -4 * ones, 10) == pytest.approx(w, abs=0.5)
