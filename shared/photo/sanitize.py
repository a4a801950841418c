"""A JPEG or PNG file cut down to what makes its pixels, before a decoder sees it.

Decoders parse far more than pixels (previews, second images, compressed texts, animations), and a few bytes of it can
cost them hours, or keep a photo from being read whose pixels are whole. What is left out here cannot.

Source: JPEG, ITU-T T.81, annex B; PNG, W3C specification, third edition, section 5.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.errors import PhotoError, PhotoTypeError
from shared.photo.others import what_it_is
from shared.photo.profile import MAX_PROFILE_BYTES

MAX_SCANS = 24  # each goes over all pixels, however few bytes it has; encoders write 10, and up to 18 for CMYK
JPEG_START, PNG_START = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")  # never in a scan's data, where 0x00 or RST follow 0xFF
END, SCAN, EXIF, PROFILE = 0xD9, 0xDA, 0xE1, 0xE2
END_MARKER = bytes([0xFF, END])
FRAME_MARKERS = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive
OTHER_FRAMES = {  # which no camera writes
    **dict.fromkeys((0xC3, 0xC7, 0xCB, 0xCF), "is lossless"),
    **dict.fromkeys((0xC5, 0xC6, 0xCD, 0xCE), "is hierarchical"),
    **dict.fromkeys((0xC9, 0xCA), "is coded arithmetically"),
}
PIXEL_SEGMENTS = {*FRAME_MARKERS, 0xC4, END, SCAN, 0xDB, 0xDC, 0xDD, 0xE0, 0xEE}  # with tables, scans, JFIF, Adobe
PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
SAID_CHUNKS = {b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"tRNS", b"eXIf"}  # of colours, transparency and lens
PALETTE = 3  # PNG's colour type
EXIF_START, PROFILE_START = b"Exif\0\0", b"ICC_PROFILE\0"
PROFILE_HEAD_BYTES = len(PROFILE_START) + 2  # then the part's number and how many there are


class Parts(NamedTuple):
    """What of a file is read.

    image: a JPEG or PNG file of pixels, nothing else.
    exif: metadata from the byte order mark on; empty where there is none.
    profile: the ICC colour profile; empty where there is none, or its beginning where it is too long.
    chunks: what a PNG file says of its colours and transparency, by the chunk's name; the first of each.
    """

    image: bytes
    exif: bytes
    profile: bytes
    chunks: Mapping[bytes, bytes]


def sanitized(data: bytes) -> Parts:
    """Cut a JPEG or PNG file down; a damaged or short one stays so.

    Raises:
        PhotoTypeError: it does not start as a JPEG or PNG file.
        PhotoError: it has too many scans, or is a JPEG of a kind that is not read.
    """
    if data.startswith(JPEG_START):
        return _jpeg(data)
    if data.startswith(PNG_START):
        return _png(data)
    raise PhotoTypeError(f"{what_it_is(data)}; save it as a JPEG or PNG and try again")


def _jpeg(data: bytes) -> Parts:
    kept, exif, profile, scans = [JPEG_START], b"", dict[int, bytes](), 0
    for code, start, end in segments(data):
        _check_kind(code, data[start + 4 : start + 5])
        content = data[start + 4 : end] if code in (EXIF, PROFILE) else b""
        scans += code == SCAN
        if scans > MAX_SCANS:
            raise PhotoError(
                f"the photo's file has more than {MAX_SCANS} scans, which no camera writes; save it anew and try again"
            )
        if code in PIXEL_SEGMENTS:
            kept.append(data[start:end])
        elif content.startswith(EXIF_START):
            exif = exif or content.removeprefix(EXIF_START)
        elif content.startswith(PROFILE_START) and len(content) > PROFILE_HEAD_BYTES:
            profile[content[len(PROFILE_START)]] = content[PROFILE_HEAD_BYTES:]
    whole = b"".join(part for _, part in sorted(profile.items()))
    if not kept[-1].startswith(END_MARKER):
        kept.append(END_MARKER)  # a decoder waits for it, also where all pixels are there
    return Parts(b"".join(kept), exif, whole[:MAX_PROFILE_BYTES], {})


def _check_kind(code: int, bits: bytes) -> None:
    other = f"has {bits[0]} bits a sample" if code in FRAME_MARKERS and bits not in (b"", b"\x08") else None
    if other := other or OTHER_FRAMES.get(code):
        raise PhotoError(f"the photo is a JPEG that {other}, which is not read; save it as a common JPEG or a PNG")


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker code, start and end of each segment up to the image's end; a scan's goes on to the next marker."""
    offset = len(JPEG_START)
    while found := MARKER.search(data, offset):
        start, code = found.start(), data[found.end() - 1]
        if code == END:
            yield code, start, found.end()
            return
        offset = found.end() + max(2, int.from_bytes(data[start + 2 : start + 4]))
        if code == SCAN:
            following = MARKER.search(data, offset)
            offset = following.start() if following else len(data)
        yield code, start, offset


def _png(data: bytes) -> Parts:
    kept, said = [PNG_START], dict[bytes, bytes]()
    for kind, start, end in _chunks(data):
        if kind in PIXEL_CHUNKS or (kind == b"tRNS" and data[25:26] == bytes([PALETTE])):
            kept.append(data[start:end])
        elif kind in SAID_CHUNKS:
            said.setdefault(kind, data[start + 8 : end - 4])
    exif = said.pop(b"eXIf", b"").removeprefix(EXIF_START)
    return Parts(b"".join(kept), exif, _inflated(said.pop(b"iCCP", b"")), said)


def _inflated(profile: bytes) -> bytes:
    """The profile of an iCCP chunk: a name, a zero, the method (always zero), and what is packed."""
    _, _, packed = profile.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], MAX_PROFILE_BYTES)
    except zlib.error:
        return b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk up to the image's end."""
    start, kind = len(PNG_START), b""
    while start < len(data) and kind != b"IEND":
        kind = data[start + 4 : start + 8]
        end = start + 12 + int.from_bytes(data[start : start + 4])
        yield kind, start, end
        start = end
