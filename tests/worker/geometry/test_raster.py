import numpy as np
import pytest

from worker.geometry.raster import rasterise


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
