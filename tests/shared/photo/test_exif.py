"""What is read of EXIF metadata, however broken it is."""

import struct

import numpy as np

from shared.photo.exif import exif_numbers
from tests.support.pictures import double, fraction, short, tiff

ORIENTATION, FOCAL = 0x0112, 0x920A


def test_both_byte_orders_are_read():
    assert exif_numbers(tiff([(ORIENTATION, 3, short(6))])) == {ORIENTATION: 6}
    entry = struct.pack(">HHIHH", ORIENTATION, 3, 1, 6, 0)
    assert exif_numbers(b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)) == {ORIENTATION: 6}


def test_a_number_of_any_type_is_read_and_a_text_is_not():
    for kind, value, number in ((5, fraction(85, 2), 42.5), (12, double(42.5), 42.5), (3, short(42), 42)):
        assert exif_numbers(tiff([], [(FOCAL, kind, value)])) == {FOCAL: number}
    assert exif_numbers(tiff([], [(FOCAL, 2, b"42\0")])) == {}


def test_what_points_outside_or_to_itself_is_left_out():
    for pointer in (0, 8, 2**31, 2**32 - 1):
        entries = (
            short(2) + struct.pack("<HHIHH", ORIENTATION, 3, 1, 8, 0) + struct.pack("<HHII", 0x8769, 4, 1, pointer)
        )
        assert exif_numbers(b"II*\0" + struct.pack("<I", 8) + entries) == {ORIENTATION: 8}


def test_any_bytes_give_numbers_or_nothing():
    rng = np.random.default_rng(3)
    whole = tiff([(ORIENTATION, 3, short(6))], [(FOCAL, 5, fraction(50, 1))])
    for _ in range(3000):
        changed = bytearray(whole)
        for place in rng.integers(0, len(changed), 3):
            changed[place] = rng.integers(256)
        numbers = exif_numbers(bytes(changed[: rng.integers(len(changed) + 1)]))
        assert all(isinstance(number, int | float) for number in numbers.values())
