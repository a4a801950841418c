"""Pictures as PNG: of the depth, and of the normals."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, PngImagePlugin

from worker.export.facts import Facts
from worker.export.source import Source
from worker.geometry.jumps import links_of
from worker.geometry.normals import normal_map, normals_of


def normals_png(source: Source) -> bytes:
    """The normal map on the cloud's grid, which lights a flat picture as if it had depth."""
    cloud = source.cloud
    normals = normals_of(cloud.depth, cloud.camera, links_of(cloud.depth, cloud.camera))
    return png_from_image(normal_map(normals), source.facts)


def png_from_image(image: np.ndarray, facts: Facts) -> bytes:
    """A picture, (H, W) uint8 or uint16 or (H, W, 3) uint8, with the facts as text."""
    text = PngImagePlugin.PngInfo()
    for name, fact in facts.items():
        text.add_text(name, fact)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", pnginfo=text, compress_level=4)
    return file.getvalue()
