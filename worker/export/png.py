"""Pictures as PNG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, PngImagePlugin

from worker.export.facts import Facts


def png_from_image(image: np.ndarray, facts: Facts) -> bytes:
    """A picture, (H, W) uint8 or uint16 or (H, W, 3) uint8, with the facts as text."""
    text = PngImagePlugin.PngInfo()
    for name, fact in facts.items():
        text.add_text(name, fact)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", pnginfo=text, compress_level=4)
    return file.getvalue()
