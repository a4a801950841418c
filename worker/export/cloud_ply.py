"""Stanford PLY of the point cloud.

Our own writer: trimesh keeps no header comments, in which a file says what made it, and plyfile is under the GPL.

Convention: x right, y up, z towards the viewer, the camera at the origin, in the cloud's own unit; it opens upright in
MeshLab. Blender's importer needs "up axis: Y".
"""

from __future__ import annotations

import numpy as np

from worker.export.facts import ply_comments
from worker.export.source import Source
from worker.geometry.surface.mesh import Y_UP

VERTEX = np.dtype(
    [(axis, "<f4") for axis in ("x", "y", "z")]
    + [(plane, "u1") for plane in ("red", "green", "blue", "gray", "confidence")]
)
PLY_TYPES = {"<f4": "float", "|u1": "uchar"}
BEGIN = b"ply\nformat binary_little_endian 1.0\ncomment frame: x right, y up, z towards the viewer\n"


def cloud_ply(source: Source) -> bytes:
    """The points row by row, as binary little-endian PLY, with colour, gray and confidence; the facts are comments.

    Source: Turk, The PLY Polygon File Format, 1994.
    """
    cloud, shown = source.cloud, source.cloud.mask
    vertices = np.empty(cloud.count, VERTEX)
    vertices["x"], vertices["y"], vertices["z"] = (cloud.points() * Y_UP).T
    colours = cloud.rgb if source.color == "photo" else np.repeat(cloud.gray[..., None], 3, axis=-1)
    vertices["red"], vertices["green"], vertices["blue"] = colours[shown].T
    vertices["gray"], vertices["confidence"] = cloud.gray[shown], cloud.confidence[shown]
    properties = "".join(f"property {PLY_TYPES[VERTEX[name].str]} {name}\n" for name in VERTEX.names or ())
    layout = f"element vertex {len(vertices)}\n{properties}end_header\n".encode()
    return BEGIN + ply_comments(source.facts) + layout + vertices.tobytes()
