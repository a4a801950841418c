"""How much of a JPEG's picture is not in its file: decoders fill what is missing with gray, and say nothing.

Where a scan's data end too early, libjpeg counts it as a warning, which Pillow does not hand on. Where whole scans are
missing it does not even that, but what each scan brings stands in its head.

Source: ITU-T T.81, B.2.2 (frame), B.2.3 (scan), G.1 (progressive scans); libjpeg's jerror.h.
"""

from __future__ import annotations

import numpy as np
import simplejpeg

from shared.photo.sanitize import FRAME_MARKERS, SCAN, segments

DAMAGE = ("Corrupt JPEG data", "Premature end")  # how libjpeg's warnings begin
FILLED = (127, 128)  # what absent samples decode to, by the kind of their colours
SCALE = 8  # an eighth of the size costs a fraction of the time, and no more than the means of its 8 x 8 blocks
COEFFICIENTS = 64  # of a block; the first is its mean
NEVER = 255  # more bits than any coefficient has


def missing_share(jpeg: bytes) -> float | None:
    """How much of the picture is missing, 0 to 1; None where nothing is.

    What lacks detail alone, as a progressive file does whose last scans are missing, does not count: 0 then.
    """
    absent_bits = absent_bits_of(jpeg)
    if absent_bits[:, 0].max(initial=0) == NEVER:
        return 1.0
    try:
        _eighth(jpeg, strict=True)
    except ValueError as error:
        if str(error).startswith(DAMAGE):
            return float(np.isin(_eighth(jpeg, strict=False), FILLED).all(axis=2).mean())
    return 0.0 if absent_bits.any() else None  # or of a kind that the decoder of the pixels judges


def absent_bits_of(jpeg: bytes) -> np.ndarray:
    """How many of the last bits no scan brings, of each colour's coefficients: (colours, 64); NEVER where all."""
    names, absent = b"", np.empty((0, COEFFICIENTS), np.uint8)
    for code, start, end in segments(jpeg):
        body = jpeg[start + 4 : end]
        if code in FRAME_MARKERS and not names and len(body) > 5:
            names = body[6 : 6 + 3 * body[5] : 3]
            absent = np.full((len(names), COEFFICIENTS), NEVER, np.uint8)
        elif code == SCAN and body and len(body) > 3 + 2 * body[0]:
            _take_scan(absent, names, body)
    return absent


def _take_scan(absent: np.ndarray, names: bytes, scan: bytes) -> None:
    """Strike out what a scan brings: some colours' coefficients from first to last; a refinement, one bit of them."""
    end = 1 + 2 * scan[0]
    first, last, (before, after) = scan[end], scan[end + 1], divmod(scan[end + 2], 16)
    for row, name in zip(absent, names, strict=True):
        if name in scan[1:end:2]:
            part = row[first : last + 1]
            part[(part == before) | (before == 0)] = after


def _eighth(jpeg: bytes, *, strict: bool) -> np.ndarray:
    """The picture, (H / 8, W / 8, channels) uint8; libjpeg's warnings are errors where it is strict."""
    *_, colours, _ = simplejpeg.decode_jpeg_header(jpeg, strict=strict)
    space = "CMYK" if colours in ("CMYK", "YCCK") else "GRAY"
    return simplejpeg.decode_jpeg(jpeg, space, min_height=1, min_width=1, min_factor=SCALE, strict=strict)
