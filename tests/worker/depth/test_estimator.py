import pytest

from worker.depth.estimator import grid_size_wh


@pytest.mark.parametrize(
    ("photo_size_wh", "expected_wh"),
    [((640, 480), (640, 480)), ((1024, 7), (1024, 7)), ((4000, 3000), (1024, 768)), ((3000, 4000), (768, 1024))],
)
def test_the_grid_is_the_photos_own_up_to_1024_pixels_and_scaled_above(photo_size_wh, expected_wh):
    assert grid_size_wh(photo_size_wh) == expected_wh


def test_a_strip_of_a_photo_keeps_at_least_one_row():
    assert grid_size_wh((10_000, 2)) == (1024, 1)
