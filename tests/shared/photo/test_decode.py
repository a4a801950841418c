"""What may be uploaded, and what is stored of it."""

import io
import subprocess
import sys
import time
from contextlib import suppress

import cv2
import numpy as np
import pytest
from PIL import Image

from shared.errors import PhotoError, PhotoTooLargeError, PhotoTypeError
from shared.photo.decode import STORED_AS, STORED_BYTES, check_bytes, jpeg_from_pixels, read_photo
from tests.support import hostile
from tests.support.pictures import (
    BLUE,
    GRAY,
    GREEN,
    RED,
    double,
    encoded,
    four_corners,
    fraction,
    png,
    short,
    tiff,
    two_halves,
    with_exif,
)

LARGE = {"icc_bomb", "tiled_noise_png", "interlaced_png"}  # of these, smaller ones are enough

ORIENTATION = 0x0112


def pixels_of(data: bytes, limit_mp: float = 50) -> np.ndarray:
    return read_photo(data, limit_mp=limit_mp).pixels.astype(np.int16)


def assert_two_halves(data: bytes, tolerance: int = 12) -> None:
    pixels = pixels_of(data)
    assert pixels.shape == (80, 120, 3)
    assert np.abs(pixels[40, 20] - RED).max() <= tolerance
    assert np.abs(pixels[40, 100] - GREEN).max() <= tolerance


def test_a_jpeg_and_a_png_are_read_as_the_same_picture():
    for kind in ("JPEG", "PNG"):
        assert_two_halves(encoded(two_halves(), kind))


def test_what_is_stored_shows_the_same_picture():
    assert_two_halves(jpeg_from_pixels(np.asarray(two_halves())))


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA"])
def test_palette_cmyk_and_transparent_photos_work(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert_two_halves(encoded(two_halves().convert(mode), kind), tolerance=40)


def test_transparent_parts_become_white_whatever_colour_hides_there():
    image = two_halves().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    assert pixels_of(encoded(image)).min() >= 254


def test_a_16_bit_gray_photo_keeps_its_tones():
    gray = np.full((80, 120), 257 * 100, np.uint16)
    gray[:, 60:] = 257 * 220
    ok, png = cv2.imencode(".png", gray)
    assert ok
    pixels = pixels_of(png.tobytes())
    assert pixels.shape == (80, 120, 3)
    assert abs(int(pixels[40, 20, 0]) - 100) <= 3
    assert abs(int(pixels[40, 100, 0]) - 220) <= 3


def test_a_16_bit_colour_photo_keeps_its_tones():
    ok, png = cv2.imencode(".png", np.asarray(two_halves(), np.uint16)[..., ::-1] * 257)
    assert ok
    assert_two_halves(png.tobytes())


def test_an_8_bit_gray_photo_works():
    pixels = pixels_of(encoded(Image.new("L", (70, 90), 128)))
    assert pixels.shape == (90, 70, 3)
    assert np.abs(pixels - 128).max() <= 2


def test_the_photo_is_turned_upright_and_its_metadata_is_dropped():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees clockwise
    exif[0x010E] = "a secret place"
    exif.get_ifd(0x8769)[0xA405] = 27  # focal length on 35 mm film
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # GPS
    photo = read_photo(encoded(two_halves(), "JPEG", exif=exif))
    assert photo.pixels.shape == (120, 80, 3)
    assert photo.focal_35mm == 27
    pixels = photo.pixels.astype(np.int16)
    assert np.abs(pixels[20, 40] - RED).max() <= 12
    assert np.abs(pixels[100, 40] - GREEN).max() <= 12
    jpeg = jpeg_from_pixels(photo.pixels)
    assert not Image.open(io.BytesIO(jpeg)).getexif()
    assert b"secret" not in jpeg


@pytest.mark.parametrize(
    "data",
    [b"", b"just text", b"%PDF-1.7", encoded(two_halves(), "GIF"), encoded(two_halves(), "WEBP"), b"\xff\xd8\xff"],
    ids=["empty", "text", "pdf", "gif", "webp", "jpeg-start"],
)
def test_what_is_no_jpeg_or_png_by_content_is_refused(data):
    with pytest.raises(PhotoTypeError, match="JPEG or PNG"):
        read_photo(data, limit_mp=50)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_that_is_cut_short_is_refused(kind):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (80, 120, 3), np.uint8))
    data = encoded(noise, kind)
    with pytest.raises(PhotoError, match="damaged or cut short"):
        read_photo(data[: len(data) // 2], limit_mp=50)


@pytest.mark.parametrize("size_wh", [(20_000, 2_600), (20_000, 20_000)])
def test_too_many_pixels_are_refused_from_the_header(size_wh):
    with pytest.raises(PhotoError, match="pixels"):
        read_photo(png(size_wh, b"\0" * 1000), limit_mp=50)


def test_a_tiny_photo_is_refused():
    with pytest.raises(PhotoError, match="40 x 90 pixels; each side needs 64"):
        read_photo(encoded(Image.new("RGB", (40, 90))), limit_mp=50)


def test_too_many_bytes_are_refused():
    check_bytes(20_000_000, 20)
    with pytest.raises(PhotoTooLargeError, match=r"21.0 MB; at most 20 MB"):
        check_bytes(21_000_000, 20)


@pytest.mark.parametrize("size_wh", [(66_000, 64), (64, 66_000)])
def test_a_side_that_no_jpeg_can_hold_is_refused(size_wh):
    with pytest.raises(PhotoError, match="each side may have 65500 at most"):
        read_photo(png(size_wh, b"\0" * 1000), limit_mp=50)


def test_the_longest_side_can_be_stored():
    assert Image.open(io.BytesIO(jpeg_from_pixels(np.zeros((64, 65_500, 3), np.uint8)))).size == (65_500, 64)


def test_what_the_encoder_does_not_take_is_the_photos_fault_not_the_storages():
    with pytest.raises(PhotoError, match="70000 x 64 pixels cannot be stored"):
        jpeg_from_pixels(np.zeros((64, 70_000, 3), np.uint8))


def test_noise_is_stored_in_few_bytes_or_refused(monkeypatch):
    pixels = read_photo(hostile.tiled_noise_png((700, 500))).pixels
    best = len(jpeg_from_pixels(pixels))
    monkeypatch.setattr("shared.photo.decode.STORED_BYTES", best // 3)
    assert len(jpeg_from_pixels(pixels)) <= best // 3
    monkeypatch.setattr("shared.photo.decode.STORED_BYTES", best // 20)
    with pytest.raises(PhotoError, match="700 x 500 pixels have so much detail"):
        jpeg_from_pixels(pixels)


def test_the_noisiest_photo_of_50_megapixels_fits():
    pixels = np.random.default_rng(2).integers(0, 256, (2000, 2500, 3), np.uint8)  # a tenth of it
    quality, subsampling = STORED_AS[-1]
    jpeg = encoded(Image.fromarray(pixels), "JPEG", quality=quality, subsampling=subsampling)
    assert 10 * len(jpeg) < STORED_BYTES


@pytest.mark.parametrize("name", [name for name in hostile.FILES if name not in LARGE])
def test_a_hostile_file_gives_pixels_or_is_refused_soon(name):
    data = hostile.FILES[name]()
    start = time.process_time()
    with suppress(PhotoError):
        assert read_photo(data).pixels.ndim == 3
    assert time.process_time() - start < 5  # of 50 megapixels, most of them take a tenth


@pytest.mark.parametrize("number", range(len(hostile.broken_profiles())))
def test_a_photo_with_a_broken_profile_is_read_as_srgb(number):
    assert_two_halves(hostile.broken_profiles()[number])


@pytest.mark.parametrize("behind_pixels", [True, False])
def test_a_png_with_a_short_profile_is_read(behind_pixels):
    assert_two_halves(hostile.short_iccp(behind_pixels))


def test_what_takes_more_memory_than_there_is_is_refused():
    run = subprocess.run(
        [sys.executable, "-c", LITTLE_MEMORY], input=hostile.white_png(), capture_output=True, check=True, text=False
    )
    assert b"takes more memory to read than there is" in run.stdout


UPRIGHT = {  # orientation -> corners: above left, above right, below left, below right
    0: (RED, GREEN, BLUE, GRAY),  # not in the standard
    1: (RED, GREEN, BLUE, GRAY),
    2: (GREEN, RED, GRAY, BLUE),
    3: (GRAY, BLUE, GREEN, RED),
    4: (BLUE, GRAY, RED, GREEN),
    5: (RED, BLUE, GREEN, GRAY),
    6: (BLUE, RED, GRAY, GREEN),
    7: (GRAY, GREEN, BLUE, RED),
    8: (GREEN, GRAY, RED, BLUE),
    9: (RED, GREEN, BLUE, GRAY),  # not in the standard
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_every_orientation_is_turned_upright(orientation):
    photo = with_exif(encoded(four_corners()), tiff([(ORIENTATION, 3, short(orientation))]))
    pixels = read_photo(photo).pixels
    assert pixels.shape == ((120, 80, 3) if 5 <= orientation <= 8 else (80, 120, 3))
    assert pixels.flags.c_contiguous
    corners = tuple(tuple(map(int, pixels[v, u])) for v in (0, -1) for u in (0, -1))
    assert corners == UPRIGHT[orientation]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    "odd",
    [
        (0x0100, 5, fraction(600, 1)),  # ImageWidth
        (0x011A, 2, b"72\0"),  # XResolution
        (0x0128, 12, double(float("inf"))),  # ResolutionUnit
        (0x010F, 10, fraction(1, 0)),  # Make
        (0x8825, 2, b"no directory\0"),  # GPS
        (0x0111, 16, bytes(8)),  # StripOffsets
    ],
    ids=["width", "resolution", "unit", "make", "gps", "strips"],
)
def test_an_odd_tag_beside_the_orientation_does_not_matter(kind, odd):
    photo = with_exif(encoded(two_halves(), kind), tiff([odd, (ORIENTATION, 3, short(6))]))
    assert read_photo(photo).pixels.shape == (120, 80, 3)


LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from shared.errors import PhotoError
from shared.photo.decode import read_photo

data = sys.stdin.buffer.read()
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 60_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    read_photo(data)
except PhotoError as error:
    print(error)
"""
PEAK = """
import re, sys
from pathlib import Path
from shared.photo.decode import read_photo

def peak_kb():  # of this program alone; ru_maxrss counts the one that started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

before = peak_kb()
read_photo(sys.stdin.buffer.read())
print(peak_kb() - before)
"""


@pytest.mark.parametrize(("depth", "colour", "channels"), [(16, 0, 1), (8, 6, 4), (8, 2, 3)], ids=["gray", "a", "rgb"])
def test_a_large_photo_takes_the_decoders_memory_and_its_pixels_no_more(depth, colour, channels):
    width, height = 4000, 3000
    rows = (b"\0" + b"\x40" * (width * channels * depth // 8)) * height
    run = subprocess.run(
        [sys.executable, "-c", PEAK],
        input=png((width, height), rows, depth=depth, colour=colour),
        capture_output=True,
        check=True,
    )
    assert int(run.stdout) * 1024 < width * height * 9 + 10_000_000
