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
    np.testing.assert_array_equal(without_stairs(SLOPE, 0.0), SLOPE)


@pytest.mark.parametrize("size_wh", [(65, 45), (260, 180), (131, 91)])
def test_on_another_grid_the_map_shows_the_same_and_has_no_unknown_pixel(size_wh):
    holed = SLOPE.copy()
    holed[20:30, 40:60] = np.nan
    result = on_grid(holed, 0.0, size_wh)
    width, height = size_wh
    assert result.shape == (height, width)
    v, u = np.mgrid[:height, :width]
    expected = 20 + ((u + 0.5) * 130 / width - 0.5) / 17 + ((v + 0.5) * 90 / height - 0.5) / 31
    assert np.abs(result - expected).max() < 0.3
    assert np.abs(result - expected)[:, : width // 4].max() < 0.03
