"""The photos that most people send, whole JPEG files of usual colours, decoded in one step."""

from __future__ import annotations

import numpy as np
import simplejpeg

from shared.photo.missing import absent_bits_of
from shared.photo.sanitize import JPEG_START

USUAL = "YCbCr"


def common_pixels(image: bytes, size_wh: tuple[int, int]) -> np.ndarray | None:
    """The pixels of a JPEG file as they lie in it, (H, W, 3) uint8 RGB; None of any other, or where anything is odd.

    They are those that Pillow gives, which takes twice as long and copies them. `size_wh` is what Pillow reads in the
    file's head, and what was allowed.
    """
    if not image.startswith(JPEG_START):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(image, strict=True)
        if colours != USUAL or (width, height) != size_wh or absent_bits_of(image).any():
            return None
        return simplejpeg.decode_jpeg(image, "RGB", fastdct=False, fastupsample=False, strict=True)
    except ValueError:  # libjpeg's warnings too; whoever reads it with more patience says what is wrong
        return None
