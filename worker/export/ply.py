"""Stanford PLY: the mesh, and the point cloud.

The cloud's writer is our own: trimesh keeps no header comments, in which a file says what made it, and plyfile is under
the GPL.

Source: Turk, The PLY Polygon File Format, 1994.
"""

from __future__ import annotations

import numpy as np
import trimesh
from trimesh.exchange.ply import export_ply
from trimesh.visual import ColorVisuals

from worker.export.facts import Facts, fact_lines
from worker.export.source import Source
from worker.geometry.surface.mesh import Y_UP

VERTEX = np.dtype(
    [(axis, "<f4") for axis in ("x", "y", "z")]
    + [(plane, "u1") for plane in ("red", "green", "blue", "gray", "confidence")]
)
PLY_TYPES = {"<f4": "float", "|u1": "uchar"}
BEGIN = b"ply\nformat binary_little_endian 1.0\ncomment frame: x right, y up, z towards the viewer\n"


def mesh_ply(source: Source) -> bytes:
    """The mesh as binary PLY in mm with the photo's colour and the confidence of each vertex; facts are comments."""
    mesh = source.mesh
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    body.visual = ColorVisuals(body, vertex_colors=mesh.rgb)
    body.vertex_attributes["confidence"] = mesh.confidence
    first, second, rest = export_ply(body, vertex_normal=True).split(b"\n", 2)
    return b"\n".join([first, second, _comments(source.facts) + rest])


def cloud_ply(source: Source) -> bytes:
    """The points row by row, with colour, gray and confidence; facts are comments.

    Convention: x right, y up, z towards the viewer, the camera at the origin, in the cloud's own unit; it opens upright
    in MeshLab. Blender's importer needs "up axis: Y".
    """
    cloud, shown = source.cloud, source.cloud.mask
    vertices = np.empty(cloud.count, VERTEX)
    vertices["x"], vertices["y"], vertices["z"] = (cloud.points() * Y_UP).T
    colours = cloud.rgb if source.color == "photo" else np.repeat(cloud.gray[..., None], 3, axis=-1)
    vertices["red"], vertices["green"], vertices["blue"] = colours[shown].T
    vertices["gray"], vertices["confidence"] = cloud.gray[shown], cloud.confidence[shown]
    properties = "".join(f"property {PLY_TYPES[VERTEX[name].str]} {name}\n" for name in VERTEX.names or ())
    layout = f"element vertex {len(vertices)}\n{properties}end_header\n".encode()
    return BEGIN + _comments(source.facts) + layout + vertices.tobytes()


def _comments(facts: Facts) -> bytes:
    """The facts as lines of the header; other characters than ASCII become question marks."""
    return "".join(f"comment {line}\n" for line in fact_lines(facts)).encode("ascii", "replace")
