"""The normal map, which lights a flat picture as if it had depth."""

from __future__ import annotations

from worker.export.png import png_from_image
from worker.export.source import Source
from worker.geometry.jumps import links_of
from worker.geometry.normals import normal_map, normals_of


def normals_png(source: Source) -> bytes:
    """The normals of the surface at each pixel of the cloud's grid."""
    cloud = source.cloud
    normals = normals_of(cloud.depth, cloud.camera, links_of(cloud.depth, cloud.camera))
    return png_from_image(normal_map(normals), source.facts)
