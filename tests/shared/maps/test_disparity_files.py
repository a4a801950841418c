"""What may be given as a disparity map, and what is refused before it costs anything."""

import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from shared.errors import DisparityError
from shared.maps.disparity import Disparity
from shared.maps.disparity_files import bytes_from_disparity, read_disparity
from tests.support.arrays import npy, npy_that_promises, npz, zipped
from tests.support.pictures import encoded, png, two_halves

PHOTO_WH = (80, 60)
RAMP = np.add.outer(np.arange(30), np.arange(40) // 2).astype(np.uint8)  # (30, 40), steps of one


def read(data, **options):
    return read_disparity(data, PHOTO_WH, **options)


@pytest.mark.parametrize(
    "data",
    [
        encoded(Image.fromarray(RAMP)),
        encoded(Image.fromarray(RAMP.astype(np.uint16))),
        encoded(Image.fromarray(RAMP).convert("RGB")),
        encoded(Image.fromarray(RAMP).convert("P")),
        npy(RAMP),
        npy(RAMP.astype(">i4")),
        npy(RAMP.astype(np.float16)),
        npy(RAMP.astype(float)[None, :, :, None]),
        npy(np.asfortranarray(RAMP.astype(float))),
        npz(anything=RAMP),
        npz(disparity=RAMP, depth=RAMP + 1, confidence=RAMP),
    ],
)
def test_every_format_gives_the_same_numbers(data):
    disparity = read(data)
    assert disparity.values.dtype == np.float32
    np.testing.assert_array_equal(disparity.values, RAMP)
    assert disparity.size_wh == (40, 30)
    assert disparity.step == 1


def test_sixteen_bits_keep_their_values():
    values = np.linspace(0, 65535, 1200).reshape(30, 40).astype(np.uint16)
    disparity = read(encoded(Image.fromarray(values)))
    np.testing.assert_array_equal(disparity.values, values)
    assert disparity.step == 0


def test_eight_bits_in_sixteen_are_known_by_their_steps():
    assert read(encoded(Image.fromarray(RAMP.astype(np.uint16) * 257))).step == 257


def test_what_is_transparent_or_nan_is_unknown():
    rgba = np.dstack([RAMP, RAMP, RAMP, np.full_like(RAMP, 255)])
    rgba[:5, :, 3] = 0
    rgba[:5, :, 0] = 99  # colours that nobody sees do not matter
    holed = RAMP.astype(float)
    holed[:5] = np.nan
    for data in (encoded(Image.fromarray(rgba)), npy(holed)):
        values = read(data).values
        assert np.isnan(values[:5]).all()
        np.testing.assert_array_equal(values[5:], RAMP[5:])


def test_what_is_stored_is_read_back_as_it_was():
    holed = RAMP.astype(np.float32) / 3
    holed[0, 0] = np.nan
    disparity = Disparity.of(holed)
    again = read(bytes_from_disparity(disparity))
    np.testing.assert_array_equal(again.values, disparity.values)
    assert again.step == disparity.step


@pytest.mark.parametrize("size_wh", [(4, 3), (41, 30), (40, 31), (512, 384), (384, 296), (2, 2)])
def test_any_size_of_the_photo_s_shape_is_taken(size_wh):
    width, height = size_wh
    assert read(npy(np.arange(width * height).reshape(height, width))).size_wh == size_wh


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no disparity map"),
        (encoded(two_halves(), "JPEG"), "no disparity map"),
        (encoded(two_halves(80, 60)), "colours"),
        (encoded(Image.fromarray(RAMP))[:60], "damaged"),
        (encoded(Image.fromarray(RAMP.T.copy())), "30 x 40 pixels, the upright photo 80 x 60"),
        (npy(np.arange(30 * 44).reshape(30, 44)), "44 x 30 pixels, the upright photo 80 x 60"),
        (npy(np.arange(40.0)), r"shape \(40,\)"),
        (npy(np.zeros((3, 30, 40))), r"shape \(3, 30, 40\)"),
        (npy(np.arange(4)[None]), "shape"),
        (npy(np.zeros((0, 40))), "0 pixels"),
        (npy(RAMP.astype(complex)), "complex128"),
        (npy(RAMP > 3), "bool"),
        (npy(RAMP.astype(object), allow_pickle=True), "object"),
        (npy(RAMP.astype(float))[:-1], "cut short"),
        (npy(np.full((30, 40), 7.0)), "same value"),
        (npy(np.where(RAMP > 20, np.nan, RAMP)), r"unknown; at most 50%"),
        (npy(np.where(RAMP > 40, np.inf, RAMP)), "infinite"),
        (npy(np.where(RAMP > 40, 1e300, RAMP)), "infinite"),
        (npz(a=RAMP, b=RAMP), "2 arrays"),
        (npz(a=RAMP)[:-30], "damaged"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': oops}\n", "damaged"),
        (b"\x93NUMPY\x09\x09", "damaged"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(data, reason):
    with pytest.raises(DisparityError, match=reason):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        png((60_000, 45_000), b"", colour=0),
        npy_that_promises((45_000, 60_000)),
        npy_that_promises((10**9, 10**9)),
        npy_that_promises((-3, -4)),
        npy_that_promises((4500, 6000), data=bytes(8)),
        npz(a=np.zeros((8000, 10_000), np.uint8)),
    ],
)
def test_a_header_that_promises_too_much_costs_nothing(data):
    tracemalloc.start()
    with pytest.raises(DisparityError):
        read(data, limit_mp=30)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 130e6 if b"(4500, 6000)" in data else peak < 5e6


def test_a_packed_file_is_unpacked_no_further_than_its_header_says():
    member = npy(RAMP.astype(float)) + bytes(300_000_000)
    file = zipped(a=member)
    del member
    tracemalloc.start()
    np.testing.assert_array_equal(read(file).values, RAMP)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_other_packings_than_numpy_s_are_refused():
    with pytest.raises(DisparityError, match="NumPy does not use"):
        read(zipped(zipfile.ZIP_LZMA, a=npy(RAMP)))


@pytest.mark.parametrize("data", [encoded(Image.fromarray(RAMP)), npy(RAMP.astype(float)), npz(disparity=RAMP)])
def test_a_file_with_any_byte_changed_is_read_or_refused_but_never_breaks(data):
    random = np.random.default_rng(3)
    for _ in range(400):
        broken = bytearray(data)
        for place in random.integers(0, len(data), 2):
            broken[place] = random.integers(256)
        try:
            assert read(bytes(broken)).values.ndim == 2
        except DisparityError as error:
            assert str(error)


def test_reading_imports_no_torch():
    code = "import sys, shared.maps.disparity_files; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
