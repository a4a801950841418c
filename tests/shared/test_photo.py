"""What may be uploaded, and what is stored of it."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from shared.errors import PhotoError, PhotoTooLargeError, PhotoTypeError
from shared.photo import check_bytes, jpeg_from_pixels, read_photo

RED, GREEN = (200, 30, 30), (30, 200, 30)


def two_halves(width: int = 120, height: int = 80) -> Image.Image:
    """Red on the left, green on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height))
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


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


def test_an_embedded_profile_is_applied():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    assert pixels_of(encoded(two_halves(), icc_profile=profile.tobytes())).shape == (80, 120, 3)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert_two_halves(encoded(two_halves(), icc_profile=srgb))
    assert_two_halves(encoded(two_halves(), icc_profile=b"broken"))


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


def png_that_claims(width: int, height: int) -> bytes:
    """A tiny PNG whose header promises many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size_wh", [(20_000, 2_600), (20_000, 20_000)])
def test_too_many_pixels_are_refused_from_the_header(size_wh):
    with pytest.raises(PhotoError, match="pixels"):
        read_photo(png_that_claims(*size_wh), limit_mp=50)


def test_a_tiny_photo_is_refused():
    with pytest.raises(PhotoError, match="40 x 90 pixels; each side needs 64"):
        read_photo(encoded(Image.new("RGB", (40, 90))), limit_mp=50)


def test_too_many_bytes_are_refused():
    check_bytes(20_000_000, 20)
    with pytest.raises(PhotoTooLargeError, match=r"21.0 MB; at most 20 MB"):
        check_bytes(21_000_000, 20)
