"""The writers of all formats, and the table of them: the result's name, and what makes its bytes.

A new one is a function here, a row in WRITERS, and a row in shared/results.py, which names its stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import trimesh
from trimesh.exchange.ply import export_ply
from trimesh.visual import ColorVisuals

from shared.cloud.classes import PointClass
from shared.cloud.format import bytes_from_cloud
from shared.results import CLOUD, CLOUD_PLY, GLB, NORMALS, OBJ, PLY, PREVIEW, STL, TURNTABLE
from worker.box import Box
from worker.export.glb import glb
from worker.export.obj import obj_zip
from worker.export.pictures.views import preview_jpg, turntable_jpg
from worker.export.png import NORMAL_FACTS, png_from_image
from worker.export.source import AXES, Facts, Source, fact_lines
from worker.export.stl import stl_bytes
from worker.geometry.jumps import links_of
from worker.geometry.normals import normal_map, normals_of
from worker.geometry.surface.mesh import Y_UP

PLY_VERTEX = np.dtype(
    [(axis, "<f4") for axis in ("x", "y", "z")]
    + [(plane, "u1") for plane in ("red", "green", "blue", "gray", "confidence", "class")]
)
PLY_TYPES = {"<f4": "float", "|u1": "uchar"}
PLY_BEGIN = f"ply\nformat binary_little_endian 1.0\ncomment frame: {AXES}, the camera at the origin\n".encode()
PLY_CLASSES = "classes: " + ", ".join(f"{each:d} {each.word}" for each in PointClass)


def stl(source: Source) -> bytes:
    """The closed body as STL in mm, on z = 0 with its face up."""
    body = source.solid
    standing = body.vertices - [0, 0, body.vertices[:, 2].min()]
    return stl_bytes(standing.astype(np.float32)[body.triangles], source.facts)


def mesh_ply(source: Source) -> bytes:
    """The mesh as binary PLY in mm with colour, confidence and class of each vertex; facts are comments."""
    mesh = source.mesh
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, vertex_normals=mesh.normals, process=False)
    body.visual = ColorVisuals(body, vertex_colors=mesh.rgb)
    body.vertex_attributes.update({"confidence": mesh.confidence, "class": mesh.classes})
    first, second, rest = export_ply(body, vertex_normal=True).split(b"\n", 2)
    return b"\n".join([first, second, _ply_comments(source.mesh_facts("mm")) + rest])


def cloud_ply(source: Source) -> bytes:
    """The points as PLY, row by row, with colour, gray, confidence and class; facts are comments.

    Written by ourselves: trimesh keeps no header comments of a cloud, and plyfile is under the GPL.

    Convention: x right, y up, z towards the viewer, the camera at the origin, in the cloud's own unit; it opens upright
    in MeshLab. Blender's importer needs "up axis: Y".
    Source: Turk, The PLY Polygon File Format, 1994.
    """
    cloud, shown = source.cloud, source.cloud.mask
    vertices = np.empty(cloud.count, PLY_VERTEX)
    vertices["x"], vertices["y"], vertices["z"] = (cloud.points() * Y_UP).T
    vertices["red"], vertices["green"], vertices["blue"] = source.point_colours[shown].T
    vertices["gray"], vertices["confidence"] = cloud.gray[shown], cloud.confidence[shown]
    vertices["class"] = cloud.classes[shown]
    properties = "".join(f"property {PLY_TYPES[PLY_VERTEX[name].str]} {name}\n" for name in PLY_VERTEX.names or ())
    layout = f"element vertex {len(vertices)}\n{properties}end_header\n".encode()
    return PLY_BEGIN + _ply_comments(source.cloud_facts) + layout + vertices.tobytes()


def normals_png(source: Source) -> bytes:
    """The normal map on the cloud's grid, which lights a flat picture as if it had depth."""
    cloud, box = source.cloud, Box.round(source.cloud.mask)
    depth, camera = box.of(cloud.depth), box.of_camera(cloud.camera)
    normals = normal_map(normals_of(depth, camera, links_of(depth, camera)))
    return png_from_image(box.put_into((*cloud.mask.shape, 3), normals, 0), {**NORMAL_FACTS, **source.facts})


def _ply_comments(facts: Facts) -> bytes:
    """The facts and the classes' numbers as lines of the header; other characters than ASCII become question marks."""
    return "".join(f"comment {line}\n" for line in [*fact_lines(facts), PLY_CLASSES]).encode("ascii", "replace")


WRITERS: Mapping[str, Callable[[Source], bytes]] = {
    CLOUD: lambda source: bytes_from_cloud(source.cloud),
    CLOUD_PLY: cloud_ply,
    GLB: glb,
    OBJ: obj_zip,
    PLY: mesh_ply,
    STL: stl,
    NORMALS: normals_png,
    TURNTABLE: turntable_jpg,
    PREVIEW: preview_jpg,
}
