from itertools import combinations

import numpy as np

from shared.cloud.classes import COLOURS, PointClass, colours_of


def lightness(rgb):
    """CIE L* of an sRGB colour, 0 black to 100 white (IEC 61966-2-1, CIE 15)."""
    c = np.array(rgb) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16


def test_each_class_has_a_colour_whose_lightness_alone_tells_it_from_the_others():
    assert set(COLOURS) == set(PointClass)
    assert round(lightness((255, 255, 255))) == 100
    assert min(abs(lightness(a) - lightness(b)) for a, b in combinations(COLOURS.values(), 2)) > 12


def test_colours_come_for_a_whole_picture_of_classes():
    colours = colours_of(np.array([[PointClass.SKIN, PointClass.BACKGROUND, PointClass.HAIR]], np.uint8))
    np.testing.assert_array_equal(colours, [[(0xF4, 0xE9, 0xDE), (0x44, 0x44, 0x44), (0x56, 0x68, 0xA8)]])
    assert colours.dtype == np.uint8
