import numpy as np
import pytest

from shared.maps.disparity import Disparity
from worker.depth.estimator import Photo, grid_size_wh


@pytest.mark.parametrize(
    ("photo_size_wh", "expected_wh"),
    [((640, 480), (640, 480)), ((1024, 7), (1024, 7)), ((4000, 3000), (1024, 768)), ((3000, 4000), (768, 1024))],
)
def test_the_grid_is_the_photos_own_up_to_1024_pixels_and_scaled_above(photo_size_wh, expected_wh):
    assert grid_size_wh(photo_size_wh) == expected_wh


def test_a_strip_of_a_photo_keeps_at_least_one_row():
    assert grid_size_wh((10_000, 2)) == (1024, 1)


def test_a_photo_that_is_turned_keeps_the_field_of_view_the_face_that_is_meant_and_its_map():
    values = np.arange(15, dtype=np.float32).reshape(3, 5)
    photo = Photo(
        np.zeros((30, 50, 3), np.uint8),
        fov_x_deg=40,
        network_fov_x_deg=40,
        face_uv=(10, 20),
        disparity=Disparity(values, 1),
    )
    on_its_side = photo.turned(1)
    assert (on_its_side.size_wh, on_its_side.face_uv, on_its_side.quarters) == ((30, 50), (9, 10), 1)
    assert on_its_side.fov_x_deg == pytest.approx(24.64, abs=0.01)  # 2 atan(30 / 50 tan 20 degrees)
    assert on_its_side.network_fov_x_deg == on_its_side.fov_x_deg
    np.testing.assert_array_equal(on_its_side.disparity.values[0], [10, 5, 0])
    assert on_its_side.turned(3).fov_x_deg == pytest.approx(40)
