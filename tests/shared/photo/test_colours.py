"""What chunks of a PNG file say of its colours, against what Chromium shows, and by hand."""

import base64
import struct
import zlib

import numpy as np
import pytest

from shared.photo.chunks import CURVES, PRIMARIES, colours_of_cicp, colours_of_gamma
from shared.photo.colours import ToSrgb
from shared.photo.decode import read_photo
from tests.shared.photo.test_profile import LINEAR, curves
from tests.shared.photo.test_profile import PRIMARIES as PROFILE_PRIMARIES
from tests.support.hostile import profile
from tests.support.pictures import chunk, png, with_chunks

pytest_plugins = ["tests.support.browser"]

ADOBE = struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
LINEAR_PROFILE = chunk(b"iCCP", b"k\0\0" + zlib.compress(profile(PROFILE_PRIMARIES | curves(LINEAR))))
DISPLAY_P3, PQ_2020, UNKNOWN = bytes([12, 13, 0, 1]), bytes([9, 16, 0, 1]), bytes([2, 2, 0, 1])


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", round(value * 100_000).to_bytes(4))


SAID = {
    "nothing": b"",
    "gamma": gamma(1 / 1.8),
    "primaries alone": chunk(b"cHRM", ADOBE),
    "gamma and primaries": gamma(1 / 2.2) + chunk(b"cHRM", ADOBE),
    "sRGB goes before gamma": gamma(1) + chunk(b"sRGB", b"\0") + chunk(b"cHRM", ADOBE),
    "a profile goes before sRGB": LINEAR_PROFILE + chunk(b"sRGB", b"\0"),
    "code points go before a profile": chunk(b"cICP", DISPLAY_P3) + LINEAR_PROFILE,
    "unknown code points count for nothing": chunk(b"cICP", UNKNOWN) + LINEAR_PROFILE,
    "no gamma": gamma(0) + chunk(b"cHRM", ADOBE),
    "no primaries": gamma(1 / 2.2) + chunk(b"cHRM", bytes(32)),
}
SHOWN = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const context = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(0, 0, image.naturalWidth, image.naturalHeight).data];
}"""


def photo_of(chunks: bytes, *, gray: bool = False) -> bytes:
    samples = np.random.default_rng(3).integers(0, 256, (64, 70, 1 if gray else 3), np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    return with_chunks(png((70, 64), rows, colour=0 if gray else 2), chunks)


@pytest.fixture(scope="module")
def shown(browser):
    page = browser.new_page()

    def pixels(photo: bytes) -> np.ndarray:
        values = page.evaluate(SHOWN, f"data:image/png;base64,{base64.b64encode(photo).decode()}")
        return np.array(values).reshape(64, 70, 4)[..., :3]

    return pixels


@pytest.mark.parametrize("gray", [False, True], ids=["colour", "gray"])
@pytest.mark.parametrize("name", SAID)
def test_a_png_is_read_as_chromium_shows_it(shown, name, gray):
    photo = photo_of(SAID[name], gray=gray)
    assert np.abs(read_photo(photo).pixels - shown(photo)).max() <= 2


@pytest.mark.parametrize("transfer", sorted(CURVES))
def test_every_transfer_of_h273_is_read_as_chromium_shows_it(shown, transfer):
    photo = photo_of(chunk(b"cICP", bytes([9, transfer, 0, 1])))
    assert np.abs(read_photo(photo).pixels - shown(photo)).max() <= 2


@pytest.mark.parametrize("primaries", sorted(set(PRIMARIES) - {10}))  # XYZ: Chromium has no such screen
def test_all_primaries_of_h273_are_read_as_chromium_shows_them(shown, primaries):
    photo = photo_of(chunk(b"cICP", bytes([primaries, 13, 0, 1])))
    assert np.abs(read_photo(photo).pixels - shown(photo)).max() <= 2


@pytest.mark.parametrize(
    ("transfer", "signal", "seen"),  # by Chromium 156
    [
        *((16, 64, 30), (16, 128, 132), (16, 148, 187), (16, 160, 213), (16, 192, 255), (16, 255, 255)),
        *((18, 64, 43), (18, 128, 99), (18, 192, 189), (18, 224, 228), (18, 255, 255)),
    ],
)
def test_what_is_brighter_than_white_is_brought_into_range(transfer, signal, seen):
    to_srgb = ToSrgb(colours_of_cicp(bytes([9, transfer, 0, 1])), 255)
    for channels in (1, 3):
        assert to_srgb(np.full((2, 3, channels), signal, np.uint8)).astype(int) == pytest.approx(seen, abs=1)


def test_a_bright_colour_keeps_its_hue():
    seen = ToSrgb(colours_of_cicp(bytes([1, 16, 0, 1])), 65_535)(np.array([[[44_000, 38_000, 38_000]]], np.uint16))
    light = ((seen / 255 + 0.055) / 1.055) ** 2.4
    pq = [
        10_000
        * (max(e ** (32 / 2523) - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * e ** (32 / 2523))) ** (16_384 / 2610)
        for e in (44_000 / 65_535, 38_000 / 65_535)
    ]
    assert light[0, 0, 0] / light[0, 0, 1] == pytest.approx(pq[0] / pq[1], rel=0.03)


@pytest.mark.parametrize("chunk", [b"", b"\1\1\0", bytes([1, 13, 1, 1]), bytes([0, 13, 0, 1]), bytes([1, 9, 0, 1])])
def test_code_points_that_mean_nothing_are_none(chunk):
    assert colours_of_cicp(chunk) is None


@pytest.mark.parametrize("primaries", [bytes(32), b"\xff" * 32, struct.pack(">8I", *[31_270, 32_900] * 4), b"short"])
@pytest.mark.parametrize("value", [b"", bytes(4), b"\0\0\0\1", b"\xff" * 4, (45_455).to_bytes(4)])
def test_any_gamma_and_primaries_give_colours_or_none(value, primaries):
    colours = colours_of_gamma(value, primaries)
    assert colours is None or colours.usable()
