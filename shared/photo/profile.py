"""Colour profiles of the kinds that cameras write: three primaries with a tone curve each, or the tone curve of gray.

A profile can be a program that takes hours. Only these few numbers reach the colour engine, in a profile written anew;
a photo with any other profile counts as sRGB.

Source: ICC.1:2022, sections 7.2 (header), 7.3 (tags), 10.6 (curv), 10.18 (para), 10.31 (XYZ).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping

from PIL import ImageCms

MAX_PROFILE_BYTES = 1_000_000  # what cameras write has 0.5 to 30 kB
HEADER_BYTES, TAG_BYTES = 128, 12
MAX_TAGS = 100
MAX_CURVE_BYTES = 12 + 2 * 4096
PARAMETRIC_BYTES = {0: 16, 1: 24, 2: 28, 3: 32, 4: 40}  # of a parametric curve, by its function
CLASSES = {b"mntr", b"scnr", b"spac"}  # of display, input and colour space; the others have no primaries
PRIMARIES, CURVES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
GRAY_CURVE = b"kTRC"
D50 = (0xF6D6, 0x10000, 0xD32D)  # X, Y and Z of the white that all profiles are made for, in 1/65536
SRGB_PRIMARIES = ((0x6FA0, 0x38F5, 0x0390), (0x6297, 0xB787, 0x18D9), (0x249F, 0x0F84, 0xB6C4))  # their sum is D50
SRGB = ImageCms.createProfile("sRGB")


def srgb_transform(profile: bytes, mode: str, *, gray: bool) -> ImageCms.ImageCmsTransform | None:
    """What turns pixels of a photo with this profile into sRGB; None where they count as sRGB already.

    Args:
        profile: as it is embedded; may be empty, broken or hostile.
        mode: RGB or RGBA, which a gray photo has been converted to as well.
        gray: the photo was gray; a profile of gray is for these alone, and one of RGB for the others.
    """
    tags = _gray_tags(profile) if gray else _tags(profile, b"RGB ")
    numbers = [_primary(tags.get(name, b"")) for name in PRIMARIES] + [_curve(tags.get(name, b"")) for name in CURVES]
    if not all(numbers):
        return None
    small = _written(dict(zip(PRIMARIES + CURVES, numbers, strict=True)))
    try:
        return ImageCms.buildTransform(ImageCms.ImageCmsProfile(io.BytesIO(small)), SRGB, mode, mode)
    except (ImageCms.PyCMSError, OSError):
        return None


def _gray_tags(profile: bytes) -> dict[bytes, bytes]:
    """A profile of gray as one of RGB whose three tone curves are the same."""
    curve = _tags(profile, b"GRAY").get(GRAY_CURVE, b"")
    primaries = [struct.pack(">4s4x3i", b"XYZ ", *xyz) for xyz in SRGB_PRIMARIES]
    return dict(zip(PRIMARIES, primaries, strict=True)) | dict.fromkeys(CURVES, curve)


def _tags(profile: bytes, space: bytes) -> dict[bytes, bytes]:
    """What begins where each tag says; none where the profile is not of this colour space, or none of ours."""
    header, table = profile[:HEADER_BYTES], profile[HEADER_BYTES + 4 : HEADER_BYTES + 4 + MAX_TAGS * TAG_BYTES]
    if header[12:16] not in CLASSES or header[16:24] != space + b"XYZ ":
        return {}
    count = min(int.from_bytes(profile[HEADER_BYTES : HEADER_BYTES + 4]), len(table) // TAG_BYTES)
    entries = struct.iter_unpack(">4sII", table[: count * TAG_BYTES])
    return {name: profile[start : start + min(size, MAX_CURVE_BYTES)] for name, start, size in entries}


def _curve(data: bytes) -> bytes:
    """A tone curve as it stands there; nothing where it is of another kind, too long or cut short."""
    points, function = int.from_bytes(data[8:12]), int.from_bytes(data[8:10])
    ends = {b"curv": 12 + 2 * points, b"para": PARAMETRIC_BYTES.get(function, 0)}
    end = ends.get(data[:4], 0)
    return data[:end] if end <= min(len(data), MAX_CURVE_BYTES) else b""


def _primary(data: bytes) -> bytes:
    return data[:20] if data.startswith(b"XYZ ") and len(data) >= 20 else b""


def _written(tags: Mapping[bytes, bytes]) -> bytes:
    """A profile of a display with these tags and no others."""
    start, table, data = HEADER_BYTES + 4 + TAG_BYTES * len(tags), b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    kinds = struct.pack(">I4s4s4s", 0x04300000, b"mntr", b"RGB ", b"XYZ ")  # version 4.3
    header = struct.pack(">I4x16s12x4s28x3i48x", start + len(data), kinds, b"acsp", *D50)
    return header + struct.pack(">I", len(tags)) + table + data
