import numpy as np
import pytest

from shared.cloud.camera import Intrinsics, pixels_at, project, unproject


def test_the_principal_point_is_the_middle_of_the_grid():
    # Pixels 0 to 4 and 0 to 2: the middle ones are 2 and 1.
    assert Intrinsics.from_focal((5, 3), 4.0) == Intrinsics(5, 3, 4.0, 4.0, 2.0, 1.0)


def test_a_grid_of_half_the_width_and_a_third_of_the_height_agrees_with_hand_worked_numbers():
    # The middle of 4 columns is the edge between 1 and 2, at 1.5; of 2 columns it is 0.5.
    assert Intrinsics(4, 6, 80, 90, 1.5, 2.5).resized((2, 2)) == Intrinsics(2, 2, 40, 30, 0.5, 0.5)


def test_unproject_agrees_with_a_hand_worked_pixel():
    # Pixel (u 5, v 1), depth 500, f 100, c (2, 1.5): x = 3 * 5 = 15, y = -0.5 * 5 = -2.5.
    depth = np.full((4, 6), 500.0)
    points = unproject(depth, Intrinsics(6, 4, 100, 100, 2, 1.5))
    np.testing.assert_allclose(points[1, 5], [15, -2.5, 500])


@pytest.mark.parametrize(("height", "width"), [(3, 5), (5, 3)])
def test_unprojected_points_project_back_to_their_pixels(height, width):
    depth = np.random.default_rng(1).uniform(300, 900, (height, width))
    pixels = project(
        unproject(depth, Intrinsics(width, height, 80, 90, 1.2, 2.1)), Intrinsics(width, height, 80, 90, 1.2, 2.1)
    )
    v, u = np.mgrid[:height, :width]
    np.testing.assert_allclose(pixels, np.dstack([u, v]), atol=1e-9)


def test_unknown_depth_gives_unknown_points():
    depth = np.full((2, 3), 500.0)
    depth[1, 2] = np.nan
    points = unproject(depth, Intrinsics.from_focal((3, 2), 100))
    assert np.isnan(points[1, 2]).all()
    assert np.isfinite(points).all(-1).sum() == 5
    assert unproject(depth.astype(np.float32), Intrinsics.from_focal((3, 2), 100)).dtype == np.float32
    assert np.isnan(project(points, Intrinsics.from_focal((3, 2), 100))[1, 2]).all()


def test_a_grid_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\).*\(2, 3\)"):
        unproject(np.ones((3, 2)), Intrinsics.from_focal((3, 2), 100))


@pytest.mark.parametrize("size_wh", [(320, 120), (64, 480), (1280, 960)])
def test_another_grid_sees_the_same_rays(size_wh):
    camera = Intrinsics(640, 480, 500, 510, 300.0, 250.0)
    resized = camera.resized(size_wh)
    point = np.array([30.0, -20, 600])
    u, v = project(point, camera)
    expected = (u + 0.5) * size_wh[0] / 640 - 0.5, (v + 0.5) * size_wh[1] / 480 - 0.5
    np.testing.assert_allclose(project(point, resized), expected)


def test_the_pixel_nearest_to_a_place_is_at_the_border_for_one_beyond_the_picture():
    camera = Intrinsics.from_focal((5, 3), 4.0)
    places = [(0.4, 1.6), (4.4, 2.4), (-0.4, 0), (-0.6, 1), (4.6, 1), (1, -0.6), (1, 2.6), (-3, 9), (9, -3)]
    row, column, inside = pixels_at(np.array(places), camera)
    assert row.tolist() == [2, 2, 0, 1, 1, 0, 2, 2, 0]
    assert column.tolist() == [0, 4, 0, 0, 4, 1, 1, 0, 4]
    assert inside.tolist() == [True] * 3 + [False] * 6
    assert np.arange(15).reshape(3, 5)[row, column][:2].tolist() == [10, 14]
