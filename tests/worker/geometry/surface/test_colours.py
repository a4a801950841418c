import numpy as np
import pytest

from worker.geometry.surface.colours import colours_of_points

SKIN, WALL = (200, 150, 120), (30, 60, 90)
PERSON = np.arange(90) < 45  # of 90 columns
NOBODY = np.zeros((30, 45), bool)


def photo(alpha, scale=2):
    """(120, 180, 3) uint8, a photo at twice the depth map's size."""
    share = np.repeat(np.repeat(alpha, scale, 0), scale, 1)[..., None]
    return np.rint(share * SKIN + (1 - share) * WALL).astype(np.uint8)


def soft_person(height=60, width=90):
    """Alpha that falls over ten columns round column 45."""
    return np.clip((50 - np.arange(width)) / 10, 0, 1).astype(np.float32) * np.ones((height, 1), np.float32)


def test_points_at_the_outline_have_the_person_s_colour_alone():
    alpha = soft_person()
    colours = colours_of_points(photo(alpha), alpha > 0.2, alpha, NOBODY)
    assert colours.shape == (30, 45, 3)
    np.testing.assert_allclose(colours[:, :24], np.broadcast_to(SKIN, (30, 24, 3)), atol=12)


def test_points_behind_the_person_have_the_background_s_colour_alone():
    alpha = soft_person()
    behind = np.broadcast_to(np.arange(45) >= 23, (30, 45))
    colours = colours_of_points(photo(alpha), np.ones((60, 90), bool), alpha, behind)
    np.testing.assert_allclose(colours[:, :23], np.broadcast_to(SKIN, (30, 23, 3)), atol=12)
    np.testing.assert_allclose(colours[:, 23:], np.broadcast_to(WALL, (30, 22, 3)), atol=12)


@pytest.mark.parametrize("alpha", [None, (PERSON * np.ones((60, 1))).astype(np.float32)])
def test_where_no_more_than_an_outline_is_known_the_rim_takes_its_colour_from_inside(alpha):
    known = np.broadcast_to(PERSON, (60, 90))
    pixels = photo(known.astype(np.float32))
    pixels[:, 88:90] = WALL  # the last column of the person shows the wall
    colours = colours_of_points(pixels, known, alpha, NOBODY)
    np.testing.assert_allclose(colours[:, :23], np.broadcast_to(SKIN, (30, 23, 3)), atol=3)


def test_one_soft_pixel_is_enough_for_alpha_to_count_as_it_is():
    alpha = (PERSON * np.ones((60, 1))).astype(np.float32)
    alpha[0, 89] = 0.5
    pixels = photo(PERSON * np.ones((60, 1)))
    pixels[:, 88:90] = WALL  # the last column of the person shows the wall, and alpha says that it is all theirs
    colours = colours_of_points(pixels, np.ones((60, 90), bool), alpha, np.zeros((60, 90), bool))
    np.testing.assert_array_equal(colours[10:50, 44], np.broadcast_to(WALL, (40, 3)))


def test_the_photo_is_averaged_where_nothing_is_mixed_in():
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, ::2] = 100
    known = np.ones((20, 40), bool)
    colours = colours_of_points(pixels, known, np.ones((20, 40), np.float32), np.zeros((20, 40), bool))
    np.testing.assert_array_equal(colours, np.full((20, 40, 3), 50))
