"""The photo of a job, as the front stored it, back to pixels."""

from __future__ import annotations

import cv2
import numpy as np

from shared.errors import PhotoError

END_OF_JPEG = b"\xff\xd9"


def pixels_from_stored(data: bytes) -> np.ndarray:
    """Decode what `shared.photo.decode.jpeg_from_pixels` wrote: (H, W, 3) uint8 RGB, the same that `read_photo` gives.

    Such a file is whole, upright and sRGB: not to ask all that again leaves a third of the time.

    Raises:
        PhotoError: it was damaged on storage.
    """
    whole = data.endswith(END_OF_JPEG)  # where it is not, OpenCV would fill the rest with gray
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if whole else None
    if pixels is None:
        raise PhotoError("the stored photo is damaged; send it again")
    return pixels
