"""Colour profiles of the kinds that cameras write: three primaries with a tone curve each, or the tone curve of gray.

A profile can be a program that takes hours. Only these few numbers are read, and no colour engine; a photo with any
other profile counts as one without.

Source: ICC.1:2022, sections 7.2 (header), 7.3 (tags), 10.6 (curv), 10.18 (para), 10.31 (XYZ).
"""

from __future__ import annotations

import struct

import numpy as np

from shared.photo.colours import Colours, Curve

MAX_PROFILE_BYTES = 1_000_000  # what cameras write has 0.5 to 30 kB
HEADER_BYTES, TAG_BYTES = 128, 12
MAX_TAGS = 100
MAX_CURVE_BYTES = 12 + 2 * 4096
PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}  # of a parametric curve, by its function
CLASSES = {b"mntr", b"scnr", b"spac"}  # of display, input and colour space; the others have no primaries
PRIMARIES, CURVES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
GRAY_CURVE = b"kTRC"
FIXED = 65_536  # of a fixed-point number with 16 bits behind the point
# Of sRGB for the white that all profiles are made for, D50; columns red, green, blue, in 1/65536
SRGB_PRIMARIES = np.array([(0x6FA0, 0x6297, 0x249F), (0x38F5, 0xB787, 0x0F84), (0x0390, 0x18D9, 0xB6C4)]) / FIXED


def colours_of_profile(profile: bytes, *, gray: bool) -> Colours | None:
    """What a profile says of a photo's samples; None where it is none of these.

    Args:
        profile: as it is embedded; may be empty, broken or hostile.
        gray: the photo is gray; a profile of gray is for these alone.
    """
    if gray and (curve := _curve(_tags(profile, b"GRAY").get(GRAY_CURVE, b""))):
        colours = Colours((curve,) * 3)
        return colours if colours.usable() else None
    tags = _tags(profile, b"RGB ")
    primaries = [_primary(tags.get(name, b"")) for name in PRIMARIES]
    red, green, blue = (_curve(tags.get(name, b"")) for name in CURVES)
    if not (all(primaries) and red and green and blue):
        return None
    to_srgb = np.linalg.solve(SRGB_PRIMARIES, np.array(primaries, float).T / FIXED)
    colours = Colours((red, green, blue), to_srgb)
    return colours if colours.usable() else None


def _tags(profile: bytes, space: bytes) -> dict[bytes, bytes]:
    """What begins where each tag says; none where the profile is not of this colour space, or none of ours."""
    header, table = profile[:HEADER_BYTES], profile[HEADER_BYTES + 4 : HEADER_BYTES + 4 + MAX_TAGS * TAG_BYTES]
    if header[12:16] not in CLASSES or header[16:24] != space + b"XYZ ":
        return {}
    count = min(int.from_bytes(profile[HEADER_BYTES : HEADER_BYTES + 4]), len(table) // TAG_BYTES)
    entries = struct.iter_unpack(">4sII", table[: count * TAG_BYTES])
    return {name: profile[start : start + min(size, MAX_CURVE_BYTES)] for name, start, size in entries}


def _curve(data: bytes) -> Curve | None:
    """A tone curve; None where it is of another kind, too long or cut short."""
    if data[:4] == b"curv":
        count = int.from_bytes(data[8:12])
        end = 12 + 2 * count
        return _sampled(np.frombuffer(data[12:end], ">u2")) if end <= len(data) else None
    function = int.from_bytes(data[8:10])
    end = 12 + 4 * PARAMETERS.get(function, 0)
    if data[:4] != b"para" or function not in PARAMETERS or len(data) < end:
        return None
    return _parametric(function, [int(number) / FIXED for number in np.frombuffer(data[12:end], ">i4")])


def _sampled(points: np.ndarray) -> Curve:
    """A curve through points at equal distances; of one point it is a power in 1/256, of none linear."""
    if len(points) < 2:
        power = points[0] / 256 if len(points) else 1.0
        return lambda signal: signal**power
    return lambda signal: np.interp(signal, np.linspace(0, 1, len(points)), points / 65_535)


def _parametric(function: int, numbers: list[float]) -> Curve:
    """y = (a x + b) ** g + e from x = d on, below it c x + f; simpler functions lack some of these."""
    power, a, b, c, d, e, f = numbers + [0.0] * (7 - len(numbers))
    if function == 0:
        a = 1.0
    if function in (1, 2):  # their fourth number is added on both sides of -b / a
        c, d, e, f = 0.0, -b / a if a else 0.0, c, c
    return lambda signal: np.where(signal >= d, np.maximum(a * signal + b, 0) ** power + e, c * signal + f)


def _primary(data: bytes) -> tuple[int, ...]:
    """X, Y and Z in 1/65536; empty where the tag is none of these."""
    return struct.unpack(">3i", data[8:20]) if data.startswith(b"XYZ ") and len(data) >= 20 else ()
