"""What of a file reaches the decoder, and how much of it may there be."""

import time
import zlib

import numpy as np
import pytest
from PIL import Image

from shared.errors import PhotoError
from shared.photo.decode import read_photo
from shared.photo.sanitize import sanitized
from tests.support import hostile
from tests.support.pictures import (
    chunk,
    encoded,
    four_corners,
    png,
    tiff,
    two_halves,
    with_chunks,
    with_exif,
    with_scans,
)

SCANS = b"\xff\xda\0\2" * 300


def assert_read_as(photo: bytes, image: Image.Image, tolerance: int = 12) -> None:
    pixels = read_photo(photo).pixels.astype(np.int16)
    assert np.abs(pixels - np.asarray(image.convert("RGB"), np.int16)).max() <= tolerance


def test_a_scan_repeated_without_end_is_refused_before_it_is_decoded():
    photo = with_scans(encoded(Image.new("L", (2000, 2000), 120), "JPEG", progressive=True), 100_000)
    start = time.process_time()
    with pytest.raises(PhotoError, match="more than 24 scans"):
        read_photo(photo)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_progressive_photo_is_read(mode):
    image = Image.new("RGB", (120, 80), (200, 30, 30)).convert(mode)
    assert_read_as(encoded(image, "JPEG", progressive=True), image, 40)


def test_a_progressive_photo_of_many_scans_is_read():
    assert_read_as(with_scans(encoded(two_halves(), "JPEG", progressive=True, quality=95), 14), two_halves(), 60)


def test_scans_of_previews_and_of_second_images_do_not_count():
    photo = encoded(Image.new("RGB", (120, 80), 9), "JPEG")
    preview = with_exif(photo, tiff([]) + SCANS)
    second = encoded(Image.new("RGB", (120, 80), 9), "MPO", save_all=True, append_images=[two_halves()]) + SCANS
    for whole in (preview, second, photo + photo + SCANS):
        assert_read_as(whole, Image.new("RGB", (120, 80), 9))
    assert SCANS not in sanitized(preview)[0] + sanitized(second)[0]


def test_bytes_that_fill_up_before_a_marker_are_read_over():
    photo = encoded(two_halves(), "JPEG")
    scan = photo.index(b"\xff\xda")
    assert_read_as(photo[:scan] + b"\xff" * 9 + photo[scan:], two_halves(), 60)


@pytest.mark.parametrize("made", [hostile.many_segments, hostile.many_chunks])
def test_a_photo_in_many_small_parts_is_read_soon(made):
    photo = made()
    start = time.process_time()
    assert_read_as(photo, two_halves(), 60)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "bomb",
    [
        chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(50_000_000), 9)),
        chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(50_000_000), 9)),
        chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(900_000), 9)) * 2000,
        chunk(b"acTL", b"\x7f\xff\xff\xff" * 2),
        chunk(b"eXIf", b"II*\0" + b"\xff" * 1_000_000),
    ],
    ids=["text", "international-text", "profiles", "animation", "exif"],
)
def test_what_costs_much_and_makes_no_pixels_is_not_read(bomb):
    start = time.process_time()
    assert_read_as(with_chunks(encoded(two_halves()), bomb), two_halves())
    assert time.process_time() - start < 0.5


def test_pixels_behind_the_last_row_are_not_inflated():
    rows = b"".join(b"\0" + bytes(row) for row in np.asarray(two_halves()))
    start = time.process_time()
    assert_read_as(png((120, 80), rows + bytes(100_000_000)), two_halves())
    assert time.process_time() - start < 1.5  # most of it is taken by making the file


def test_of_an_animation_the_first_picture_is_read():
    photo = encoded(two_halves(), save_all=True, append_images=[four_corners()] * 3, duration=100)
    assert_read_as(photo, two_halves())


def test_an_interlaced_png_is_read():
    pixels = np.asarray(four_corners())
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(
        b"\0" + row.tobytes() for left, top, right, down in passes for row in pixels[top::down, left::right]
    )
    assert_read_as(png((120, 80), rows, interlaced=True), four_corners())
