"""Tone curves of profiles by hand-worked numbers, and what of a file is said to the rest."""

import struct

import numpy as np
import pytest
from PIL import Image

from shared.errors import PhotoError
from shared.photo.decode import DecodedPhoto, read_photo
from shared.photo.profile import MAX_PROFILE_BYTES, colours_of_profile
from shared.photo.sanitize import sanitized
from tests.shared.photo.test_profile import PRIMARIES, curves
from tests.support.hostile import profile, profile_bomb
from tests.support.pictures import chunk, encoded, with_chunks


def sampled(*points: float) -> bytes:
    return struct.pack(f">4s4xI{len(points)}H", b"curv", len(points), *(round(65_535 * point) for point in points))


def parametric(function: int, *numbers: float) -> bytes:
    fixed = [round(65_536 * number) for number in numbers]
    return struct.pack(f">4s4xHxx{len(fixed)}i", b"para", function, *fixed)


@pytest.mark.parametrize(
    ("curve", "light"),
    [
        (sampled(0, 0.25, 1), {0.25: 0.125, 0.5: 0.25, 0.75: 0.625, 1.0: 1.0}),  # straight from point to point
        (sampled(0, 1), {0.3: 0.3}),
        (struct.pack(">4s4xIH", b"curv", 1, 512), {0.5: 0.25, 0.3: 0.09}),  # a power of 512 / 256
        (parametric(0, 2), {0.5: 0.25}),
        (parametric(1, 2, 2, -0.5), {0.5: 0.25, 0.75: 1.0, 0.1: 0.0}),  # (2 x - 1/2)^2 from x = 1/4 on
        (parametric(2, 2, 2, -0.5, 0.125), {0.5: 0.375, 0.1: 0.125}),  # the same and 1/8
        (parametric(3, 2, 1, 0, 0.5, 0.25), {0.5: 0.25, 0.25: 0.0625, 0.2: 0.1}),  # x^2, below 1/4 x / 2
        (parametric(4, 2, 1, 0, 0.5, 0.25, 0.0625, 0.125), {0.5: 0.3125, 0.2: 0.225}),  # and 1/16, below it 1/8
    ],
)
def test_a_tone_curve_gives_the_light_that_its_numbers_say(curve, light):
    colours = colours_of_profile(profile(PRIMARIES | curves(curve)), gray=False)
    for each in colours.curves:
        np.testing.assert_allclose(each(np.array(list(light))), list(light.values()), atol=2e-5)


def test_primaries_of_srgb_change_no_light():
    colours = colours_of_profile(profile(PRIMARIES | curves(parametric(0, 1))), gray=False)
    np.testing.assert_allclose(colours.to_srgb, np.eye(3), atol=1e-3)


def test_a_profile_is_unpacked_no_further_than_it_may_be_long():
    assert len(sanitized(profile_bomb()).profile) == MAX_PROFILE_BYTES


def test_what_stands_behind_the_end_of_a_file_is_not_read():
    photo = encoded(Image.new("RGB", (70, 90)))
    gamma = chunk(b"gAMA", (45_455).to_bytes(4))
    assert sanitized(with_chunks(photo, gamma)).chunks == {b"gAMA": (45_455).to_bytes(4)}
    assert sanitized(photo + gamma).chunks == {}


def test_what_is_known_of_a_photo_is_all_but_its_pixels():
    photo = DecodedPhoto(np.zeros((2, 3, 3), np.uint8), 26.0, "a doubt", "a fault")
    assert photo.known() == {"focal_35mm": 26.0, "focal_doubt": "a doubt", "damage": "a fault"}


@pytest.mark.parametrize(("size_wh", "limit"), [((65_501, 64), "65500 at most"), ((65_500, 63), "64 or more")])
def test_sides_are_read_up_to_their_limits(size_wh, limit):
    assert read_photo(encoded(Image.new("1", (65_500, 64)))).pixels.shape == (64, 65_500, 3)
    with pytest.raises(PhotoError, match=f"{size_wh[0]} x {size_wh[1]} pixels.* {limit}"):
        read_photo(encoded(Image.new("1", size_wh)))


def test_a_photo_that_cannot_be_decoded_is_told_as_the_photo():
    with pytest.raises(PhotoError, match=r"^the photo is damaged or cut short"):
        read_photo(encoded(Image.new("RGB", (70, 90)))[:-40])
