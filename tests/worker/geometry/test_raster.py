import numpy as np
import pytest

from worker.geometry.raster import doubled_areas, fragments_of, rasterise


def test_a_flat_triangle_covers_its_hand_worked_pixels():
    corners = np.array([[0, 0, 5.0], [3, 0, 5.0], [0, 3, 5.0]])
    depth = rasterise(corners, np.array([[0, 1, 2]]), (4, 6))
    assert np.isfinite(depth).sum(axis=1).tolist() == [4, 3, 2, 1]
    assert depth[1, 2] == pytest.approx(5)


def test_the_nearer_triangle_hides_the_farther_whatever_their_order_and_winding():
    corners = np.array([[0, 0, 9.0], [8, 0, 9.0], [0, 8, 9.0], [0, 0, 4.0], [4, 0, 4.0], [0, 4, 4.0]])
    for triangles in ([[0, 1, 2], [3, 4, 5]], [[5, 4, 3], [0, 1, 2]]):
        depth = rasterise(corners, np.array(triangles), (9, 11))
        assert (depth[1, 1], depth[5, 2]) == (pytest.approx(4), pytest.approx(9))


def test_depth_between_corners_follows_perspective():
    corners = np.array([[0, 0, 1.0], [4, 0, 3.0], [0, 4, 1.0]])
    depth = rasterise(corners, np.array([[0, 1, 2]]), (5, 5))
    assert depth[0, 2] == pytest.approx(1.5)  # 1 / mean(1 / 1, 1 / 3)


def test_triangles_off_the_grid_or_without_area_are_left_out():
    corners = np.array([[-9, -9, 1.0], [-5, -9, 1.0], [-9, -5, 1.0], [1, 1, 1.0], [3, 3, 1.0], [2, 2, 1.0]])
    assert np.isnan(rasterise(corners, np.array([[0, 1, 2], [3, 4, 5]]), (5, 7))).all()


def test_every_pixel_of_a_triangle_that_is_larger_than_the_grid_comes_once():
    corners = np.array([[-20.0, -30], [40, -30], [-20, 60]])
    assert fragments_of(corners, np.array([[0, 1, 2]]), (4, 6)).pixel.tolist() == list(range(24))


@pytest.mark.parametrize("beyond", [(-9, 0), (9, 0), (0, -9), (0, 9), (9, 9)])
def test_a_triangle_beyond_any_side_of_the_grid_covers_nothing(beyond):
    corners = np.array([[0.0, 0], [5, 0], [0, 3]]) + beyond
    assert fragments_of(corners, np.array([[0, 1, 2]]), (4, 6)).pixel.tolist() == []


def test_a_pixel_is_told_by_its_row_and_column_and_the_weights_of_its_corners():
    # The right angle at (3, 1), six pixels across and three down: (5, 2) is a third of both sides away from it.
    found = fragments_of(np.array([[3.0, 1], [9, 1], [3, 4]]), np.array([[0, 1, 2]]), (6, 11))
    expected = [1 * 11 + u for u in range(3, 10)] + [2 * 11 + u for u in range(3, 8)]
    assert found.pixel.tolist() == [*expected, *(3 * 11 + u for u in range(3, 6)), 4 * 11 + 3]
    np.testing.assert_allclose(found.weights[found.pixel == 2 * 11 + 5], [[1 / 3, 1 / 3, 1 / 3]])


def test_a_triangle_smaller_than_a_pixel_covers_the_one_whose_middle_it_holds():
    corners = np.array([[1.9, 0.9], [2.2, 0.9], [1.9, 1.2], [3.1, 1.1], [3.4, 1.1], [3.1, 1.4]])
    assert fragments_of(corners, np.array([[0, 1, 2], [3, 4, 5]]), (3, 5)).pixel.tolist() == [1 * 5 + 2]


def test_an_area_is_above_zero_where_corners_run_clockwise_in_the_picture():
    corners = np.array([[2.0, 1], [5, 1], [2, 3]])
    assert doubled_areas(corners, np.array([[0, 1, 2], [0, 2, 1]])).tolist() == [6, -6]
