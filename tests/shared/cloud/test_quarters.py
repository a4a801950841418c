import numpy as np
import pytest

from shared.cloud.camera import Intrinsics, unproject
from shared.cloud.quarters import axes_turned, turned, turned_uv


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3, 5])
def test_each_pixel_of_a_turned_picture_is_where_it_is_said_to_lie(quarters):
    picture = np.arange(15).reshape(3, 5)
    v, u = np.mgrid[:3, :5]
    places = turned_uv(np.dstack([u, v]), (5, 3), quarters)
    np.testing.assert_array_equal(turned(picture, quarters)[places[..., 1], places[..., 0]], picture)


def test_one_quarter_clockwise_brings_the_left_column_to_the_top():
    np.testing.assert_array_equal(turned(np.array([[1, 2, 3], [4, 5, 6]]), 1), [[4, 1], [5, 2], [6, 3]])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_what_lies_before_a_turned_camera_is_turned_about_its_axis(quarters):
    depth = np.random.default_rng(3).uniform(500, 900, (3, 5))
    camera = Intrinsics(5, 3, 100.5, 101.5, 2.25, 1.125)
    points = unproject(turned(depth, quarters), camera.turned(quarters))
    expected = turned(unproject(depth, camera), quarters) @ axes_turned(quarters).T
    np.testing.assert_allclose(points, expected, atol=1e-9)
