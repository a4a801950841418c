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
    w = inflate(mask, unknown, -4 * ones, zeros, zeros).smooth
    assert w[30, 35] == pytest.approx(24**2, rel=0.05)
    assert np.sqrt(w[30, 47]) == pytest.approx(np.sqrt(24**2 - 12**2), rel=0.05)
    assert (w[~mask] == 0).all()


def test_known_values_stay_and_a_slope_goes_on_only_where_it_may():
    distance, mask = disc(28)
    known = np.where(distance < 12, 400 - 10 * distance, np.nan)
    ones, zeros = np.ones(mask.shape), np.zeros(mask.shape)
    w = inflate(mask, known, -ones, zeros, ones * 5)
    smooth, broken = w.smooth, w.broken
    assert smooth[distance < 12] == pytest.approx(known[distance < 12])
    bend = [abs(w[30, 35 + 12] - 2 * w[30, 35 + 11] + w[30, 35 + 10]) for w in (smooth, broken)]
    assert bend[0] < bend[1]


def test_screening_bounds_the_height():
    _, mask = disc(29)
    ones = np.ones(mask.shape)
    w = inflate(mask, np.full(mask.shape, np.nan), -ones, ones / 25, 0 * ones).smooth
    assert w[30, 35] == pytest.approx(25, rel=0.02)


def test_relaxing_leaves_a_solution_as_it_is():
    _, mask = disc(20)
    ones = np.ones(mask.shape)
    w = inflate(mask, np.full(mask.shape, np.nan), -4 * ones, 0 * ones, 0 * ones).smooth
    assert relaxed(w.astype(np.float32), mask, ~mask, -4 * ones, 10) == pytest.approx(w, abs=0.5)


def test_the_smooth_one_is_the_least_squares_of_curvature_and_of_the_slope_at_the_edge():
    v, u = np.mgrid[:25, :31]
    distance = np.hypot(v - 12, u - 15)
    mask = distance < 9
    known = np.where(distance < 4, 80 - 5 * distance, np.nan)
    ones = np.ones(mask.shape)
    w = inflate(mask, known, -2 * ones, ones / 50, 0.7 * ones)
    operator = laplacian(mask).toarray() - np.eye(mask.sum()) / 50
    fixed = np.isfinite(known)[mask]
    edge = fixed & (operator[:, ~fixed] != 0).any(1)
    weights = np.where(edge, 0.7, 1.0)[edge | ~fixed]
    rows = operator[edge | ~fixed]
    target = -2 - rows[:, fixed] @ known[mask][fixed]
    expected = np.linalg.lstsq(weights[:, None] * rows[:, ~fixed], weights * target)[0]
    assert w.smooth[mask][~fixed] == pytest.approx(expected, rel=1e-4)
