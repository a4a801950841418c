"""Which colour profiles are applied, and what of them reaches the colour engine."""

import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from shared.photo.decode import read_photo
from tests.support.hostile import mpet, profile
from tests.support.pictures import GREEN, RED, chunk, encoded, two_halves, with_chunks

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LINEAR = struct.pack(">4s4xI", b"curv", 0)
GAMMA_1_8 = struct.pack(">4s4xIH", b"curv", 1, round(1.8 * 256)) + bytes(2)
SQUARE = struct.pack(">4s4xHxxi", b"para", 0, 2 << 16)


def xyz(x: float, y: float, z: float) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(value * 65536) for value in (x, y, z)))


PRIMARIES = {
    b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
    b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
    b"bXYZ": xyz(0.1431, 0.0606, 0.7139),
}
ADOBE = {
    b"rXYZ": xyz(0.6097, 0.3111, 0.0195),
    b"gXYZ": xyz(0.2053, 0.6257, 0.0609),
    b"bXYZ": xyz(0.1492, 0.0632, 0.7446),
}


def curves(curve: bytes) -> dict[bytes, bytes]:
    return dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)


def encoded_as_srgb(linear: float) -> float:
    """IEC 61966-2-1, 0..255."""
    return 255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055)


def read(image: Image.Image, icc: bytes, kind: str = "PNG") -> np.ndarray:
    return read_photo(encoded(image, kind, icc_profile=icc)).pixels.astype(int)


@pytest.mark.parametrize(("curve", "power"), [(LINEAR, 1), (GAMMA_1_8, 1.8), (SQUARE, 2)], ids=["linear", "1.8", "2"])
@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA"])
def test_tone_curves_are_applied_in_every_colour_mode(mode, curve, power):
    image = Image.new("RGB", (70, 90), (102, 102, 102)).convert(mode)
    assert read(image, profile(PRIMARIES | curves(curve))) == pytest.approx(
        encoded_as_srgb((102 / 255) ** power), abs=1.5
    )


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16"])
def test_the_tone_curve_of_gray_is_applied_in_every_gray_mode(mode):
    white_or_half = 255 if mode == "1" else 128
    value = white_or_half * 257 if mode == "I;16" else (white_or_half, 255) if mode == "LA" else white_or_half
    image = Image.new(mode, (70, 90), value)
    assert read(image, profile({b"kTRC": LINEAR}, space=b"GRAY")) == pytest.approx(
        encoded_as_srgb(white_or_half / 255), abs=1.5
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_primaries_are_applied(kind):
    shown = read(Image.new("RGB", (70, 90), (100, 180, 100)), profile(ADOBE | curves(GAMMA_1_8)), kind)[40, 30]
    plain = read(Image.new("RGB", (70, 90), (100, 180, 100)), profile(PRIMARIES | curves(GAMMA_1_8)), kind)[40, 30]
    assert shown[0] < plain[0] - 40  # a green that sRGB hardly has
    assert abs(shown[1] - plain[1]) < 12


def test_what_shows_through_is_white_whatever_the_profile():
    image = Image.new("RGBA", (70, 90), (10, 20, 30, 0))
    assert read(image, profile(ADOBE | curves(SQUARE))).min() >= 254


def test_srgb_itself_changes_nothing():
    for icc in (SRGB, b"broken", SRGB[:200], b""):
        pixels = read(two_halves(), icc)
        assert np.abs(pixels[40, 20] - RED).max() <= 1 and np.abs(pixels[40, 100] - GREEN).max() <= 1


def test_a_profile_in_several_segments_in_any_order_is_put_together():
    whole = profile(ADOBE | curves(LINEAR) | {b"desc": bytes(70_000)})
    photo = encoded(Image.new("RGB", (70, 90), (60, 60, 60)), "JPEG")
    parts = [whole[:60_000], whole[60_000:]]
    segments = [
        b"\xff\xe2" + struct.pack(">H", len(part) + 16) + b"ICC_PROFILE\0" + bytes([number + 1, 2]) + part
        for number, part in enumerate(parts)
    ]
    for order in (segments, segments[::-1]):
        pixels = read_photo(photo[:2] + b"".join(order) + photo[2:]).pixels
        assert pixels.mean() == pytest.approx(encoded_as_srgb(60 / 255), abs=3)


NOT_OURS = {
    "a program beside nothing": profile({b"D2B0": mpet(2000)}),
    "tables": profile({b"A2B0": b"mft2" + bytes(4) + b"\3\3\xff\0" + bytes(60)}),
    "a curve too long": profile(PRIMARIES | curves(struct.pack(">4s4xI", b"curv", 1_000_000) + bytes(2_000_000))),
    "a curve cut short": profile(PRIMARIES | curves(struct.pack(">4s4xI", b"curv", 100) + bytes(20))),
    "an unknown function": profile(PRIMARIES | curves(struct.pack(">4s4xHxx", b"para", 9) + bytes(40))),
    "no blue": profile({b"rXYZ": PRIMARIES[b"rXYZ"], b"gXYZ": PRIMARIES[b"gXYZ"]} | curves(LINEAR)),
    "of gray": profile({b"kTRC": LINEAR}, space=b"GRAY"),
    "of ink": profile(PRIMARIES | curves(LINEAR), space=b"CMYK"),
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_any_other_profile_counts_as_srgb_and_costs_nothing(name):
    start = time.process_time()
    pixels = read(two_halves(), NOT_OURS[name])
    assert time.process_time() - start < 1
    assert np.abs(pixels[40, 20] - RED).max() <= 1 and np.abs(pixels[40, 100] - GREEN).max() <= 1


def test_a_program_beside_primaries_is_not_run():
    icc = profile(PRIMARIES | curves(LINEAR) | {b"D2B0": mpet(2000), b"A2B0": mpet(2000)})
    start = time.process_time()
    assert read(Image.new("RGB", (70, 90), (60, 60, 60)), icc, "JPEG").mean() == pytest.approx(
        encoded_as_srgb(60 / 255), abs=1.5
    )
    assert time.process_time() - start < 1


def test_a_packed_profile_is_unpacked_no_further_than_a_profile_can_be_long():
    whole = profile(PRIMARIES | curves(LINEAR)) + bytes(100_000_000)
    photo = with_chunks(
        encoded(Image.new("RGB", (70, 90), (60, 60, 60))), chunk(b"iCCP", b"k\0\0" + zlib.compress(whole, 9))
    )
    start = time.process_time()
    assert read_photo(photo).pixels.mean() == pytest.approx(encoded_as_srgb(60 / 255), abs=1.5)
    assert time.process_time() - start < 0.5
