import math

import numpy as np
import pytest

from worker.person.crops import Square, crop, photo_from_crop, to_photo


def test_an_upright_square_maps_its_first_pixel_to_the_hand_worked_place():
    affine = photo_from_crop(Square(u=50, v=30, side=20), 10)  # two photo pixels to a crop pixel, 9 / 2 to the middle
    assert affine @ [0, 0, 1] == pytest.approx([41, 21])
    assert affine @ [9, 0, 1] == pytest.approx([59, 21])


def test_a_square_turned_by_a_quarter_looks_along_the_photo_s_columns():
    affine = photo_from_crop(Square(u=50, v=30, side=10, angle_rad=math.pi / 2), 10)
    assert affine @ [4.5, 4.5, 1] == pytest.approx([50, 30])
    assert affine @ [5.5, 4.5, 1] == pytest.approx([50, 31])


@pytest.mark.parametrize("side", [12.0, 96.0])
def test_a_crop_shows_what_lies_at_its_points(side):
    v, u = np.mgrid[:120, :200]
    pixels = np.dstack([u, v, u * 0]).astype(np.uint8)
    square = Square(u=90.0, v=60.0, side=side, angle_rad=0.3)
    image = crop(pixels, square, 24)
    at = to_photo(np.array([[11.0, 7.0]]), square, 24)[0]
    assert image[7, 11, :2] == pytest.approx(at, abs=1.2)


def test_a_third_coordinate_is_scaled_as_a_length():
    assert to_photo(np.array([[0.0, 0.0, -3.0]]), Square(0, 0, 40), 10)[0, 2] == pytest.approx(-12)


def test_a_square_keeps_its_place_in_the_picture_on_a_grid_of_half_the_size():
    half = Square(u=9.5, v=29.5, side=12, angle_rad=0.3).scaled(0.5, 0.5)  # 10 and 30 pixels from the photo's edges
    assert (half.u, half.v, half.side, half.angle_rad) == (4.5, 14.5, 6, 0.3)
