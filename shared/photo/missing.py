"""How much of a JPEG's picture is not in its file: decoders fill what is missing with gray, and say nothing.

Where a file is cut short, or lost a part, libjpeg counts it as a warning, which Pillow does not hand on.
"""

from __future__ import annotations

import numpy as np
import simplejpeg

DAMAGE = ("Corrupt JPEG data", "Premature end")  # how libjpeg's warnings begin; jerror.h
FILLED = (127, 128)  # what absent samples decode to, by the kind of their colours
SCALE = 8  # an eighth of the size costs a fraction of the time, and no more than the means of its 8 x 8 blocks


def missing_share(jpeg: bytes) -> float | None:
    """How much of the picture is missing, 0 to 1; None where libjpeg finds nothing wrong with the file.

    Of a progressive file it is what has no tone at all; the rest may lack detail.
    """
    try:
        _eighth(jpeg, strict=True)
    except ValueError as error:
        if str(error).startswith(DAMAGE):
            return float(np.isin(_eighth(jpeg, strict=False), FILLED).all(axis=2).mean())
    return None  # whole, or of a kind that the decoder of the pixels judges


def _eighth(jpeg: bytes, *, strict: bool) -> np.ndarray:
    """The picture, (H / 8, W / 8, channels) uint8; libjpeg's warnings are errors where it is strict."""
    *_, colours, _ = simplejpeg.decode_jpeg_header(jpeg, strict=strict)
    space = "CMYK" if colours in ("CMYK", "YCCK") else "GRAY"
    return simplejpeg.decode_jpeg(jpeg, space, min_height=1, min_width=1, min_factor=SCALE, strict=strict)
