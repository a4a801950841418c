"""A point cloud as a PLY file.

Our own writer: trimesh keeps no header comments, in which a file says what made it, and plyfile is under the GPL.

Convention: x right, y up, z towards the viewer, the camera at the origin; it opens upright in MeshLab. Blender's
importer needs "up axis: Y".
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from shared.cloud.pointcloud import PointCloud
from worker.geometry.surface.mesh import Y_UP

VERTEX = np.dtype(
    [(axis, "<f4") for axis in ("x", "y", "z")]
    + [(plane, "u1") for plane in ("red", "green", "blue", "gray", "confidence")]
)
PLY_TYPES = {"<f4": "float", "|u1": "uchar"}


def ply_from_cloud(cloud: PointCloud, *, color: str, comments: Iterable[str]) -> bytes:
    """Write a cloud as binary little-endian PLY.

    Args:
        cloud: its points are written row by row.
        color: "photo" or "grayscale", what red, green and blue hold; gray and confidence are there besides.
        comments: lines for the header; only their ASCII is kept, as the format has it.
    Source: Turk, The PLY Polygon File Format, 1994.
    """
    vertices = np.empty(cloud.count, VERTEX)
    vertices["x"], vertices["y"], vertices["z"] = (cloud.points() * Y_UP).T
    colours = cloud.rgb if color == "photo" else np.repeat(cloud.gray[..., None], 3, axis=-1)
    vertices["red"], vertices["green"], vertices["blue"] = colours[cloud.mask].T
    vertices["gray"], vertices["confidence"] = cloud.gray[cloud.mask], cloud.confidence[cloud.mask]
    return _header(len(vertices), comments) + vertices.tobytes()


def _header(count: int, comments: Iterable[str]) -> bytes:
    lines = ["ply", "format binary_little_endian 1.0", "comment frame: x right, y up, z towards the viewer"]
    lines += ["comment " + " ".join(comment.split()) for comment in comments]
    lines += [f"element vertex {count}"]
    lines += [f"property {PLY_TYPES[VERTEX[name].str]} {name}" for name in VERTEX.names or ()]
    return "\n".join([*lines, "end_header", ""]).encode("ascii", "replace")
