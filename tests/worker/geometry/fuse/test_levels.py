import numpy as np
import pytest

from worker.geometry.fuse.levels import on_grid, without_stairs

V, U = np.mgrid[:90, :130]
SLOPE = (20 + U / 17 + V / 31).astype(np.float32)  # a level of 8 bits is 17 pixels wide


def test_the_stairs_of_eight_bits_become_the_slope_that_they_stood_for():
    stairs = np.rint(SLOPE)
    error = np.abs(without_stairs(stairs, 1.0) - SLOPE)[8:-8, 8:-8]
    assert error.mean() < 0.35 * np.abs(stairs - SLOPE)[8:-8, 8:-8].mean()
    assert np.abs(np.diff(without_stairs(stairs, 1.0), axis=1)).max() < 0.25  # no step of one is left


def test_no_value_moves_by_more_than_half_a_step_so_that_edges_stay_sharp():
    edge = np.where(U < 60, 40, 90).astype(np.float32)
    assert np.abs(without_stairs(edge, 1.0) - edge).max() <= 0.5


def test_what_has_no_steps_is_left_as_it_is():
    same = without_stairs(SLOPE.astype(np.float64), 0.0)
    np.testing.assert_array_equal(same, SLOPE)
    assert same.dtype == np.float32


def test_on_a_coarser_grid_a_pixel_is_the_mean_of_those_that_it_covers():
    fine = np.array([[0, 8, 1, 1, 2, 3], [9, 0, 0, 1, 2, 6.0]])
    np.testing.assert_allclose(on_grid(fine, 0.0, (2, 1)), [[3, 2.5]])


@pytest.mark.parametrize("size_wh", [(260, 45), (65, 180), (260, 180), (260, 90), (130, 180)])
def test_on_a_grid_that_is_finer_in_one_direction_a_slope_has_no_stairs(size_wh):
    result = on_grid(SLOPE, 0.0, size_wh)[4:-4, 4:-4]
    width, height = size_wh
    np.testing.assert_allclose(np.diff(result, axis=1), 130 / width / 17, rtol=0.25)
    np.testing.assert_allclose(np.diff(result, axis=0), 90 / height / 31, rtol=0.25)


@pytest.mark.parametrize("size_wh", [(65, 45), (260, 180), (131, 91)])
def test_on_another_grid_the_map_shows_the_same_and_has_no_unknown_pixel(size_wh):
    holed = SLOPE.copy()
    holed[20:30, 40:60] = np.nan
    result = on_grid(holed, 0.0, size_wh)
    width, height = size_wh
    assert (result.shape, result.dtype) == ((height, width), np.float32)
    v, u = np.mgrid[:height, :width]
    expected = 20 + ((u + 0.5) * 130 / width - 0.5) / 17 + ((v + 0.5) * 90 / height - 0.5) / 31
    assert np.abs(result - expected).max() < 0.3
    assert np.abs(result - expected)[:, : width // 4].max() < 0.03
