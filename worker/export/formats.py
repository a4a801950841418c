"""The writers of all formats, and the table of them: the result's name, and what makes its bytes.

A new one is a function here, a row in WRITERS, and a row in shared/results.py, which names its stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import trimesh
from trimesh.exchange.gltf import export_glb
from trimesh.exchange.obj import export_obj
from trimesh.exchange.ply import export_ply
from trimesh.exchange.stl import export_stl
from trimesh.transformations import translation_matrix
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial, SimpleMaterial

from shared.cloud.classes import PointClass
from shared.cloud.format import bytes_from_cloud
from shared.results import CLOUD, CLOUD_PLY, GLB, NORMALS, OBJ, PLY, PREVIEW, STL, TURNTABLE
from worker.export.pictures.views import preview_jpg, turntable_jpg
from worker.export.png import NORMAL_FACTS, png_from_image
from worker.export.source import AXES, METRES_PER_MM, Facts, Source, fact_lines, standing
from worker.geometry.jumps import links_of
from worker.geometry.normals import normal_map, normals_of
from worker.geometry.surface.mesh import Y_UP
from worker.zips import zipped

STL_HEADER_BYTES = 80
PLY_VERTEX = np.dtype(
    [(axis, "<f4") for axis in ("x", "y", "z")]
    + [(plane, "u1") for plane in ("red", "green", "blue", "gray", "confidence", "class")]
)
PLY_TYPES = {"<f4": "float", "|u1": "uchar"}
PLY_BEGIN = f"ply\nformat binary_little_endian 1.0\ncomment frame: {AXES}, the camera at the origin\n".encode()
PLY_CLASSES = "classes: " + ", ".join(f"{each:d} {each.word}" for each in PointClass)


def glb(source: Source) -> bytes:
    """The textured mesh as binary glTF, in metres as the format demands; the facts are the scene's `extras`.

    Source: Khronos, glTF 2.0 Specification, section 3.4 (units).
    """
    mesh = source.mesh
    material = PBRMaterial(baseColorTexture=source.texture, metallicFactor=0.0, roughnessFactor=1.0, doubleSided=True)
    body = trimesh.Trimesh(mesh.vertices * METRES_PER_MM, mesh.triangles, process=False)
    body.visual = TextureVisuals(uv=mesh.uv, material=material)
    scene = trimesh.Scene(metadata=dict(source.mesh_facts("m")))
    scene.add_geometry(body, transform=translation_matrix(standing(body.vertices)))  # viewers in space have a floor
    return export_glb(scene, include_normals=True)


def obj_zip(source: Source) -> bytes:
    """The textured mesh as Wavefront OBJ in mm, zipped with its material and the photo; the facts are comments."""
    mesh = source.mesh
    material = SimpleMaterial(image=source.texture, diffuse=[255, 255, 255], specular=[0, 0, 0])
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    body.visual = TextureVisuals(uv=mesh.uv, material=material)
    header = "\n# ".join(fact_lines(source.mesh_facts("mm")))
    text, others = export_obj(
        body, include_normals=True, return_texture=True, digits=5, mtl_name="face.mtl", header=header
    )
    return zipped({"face.obj": text.encode(), **others}, source.made)


def stl(source: Source) -> bytes:
    """The closed body as STL in mm, on z = 0 with its face up; the facts go into the header, cut to its 80 bytes."""
    body = trimesh.Trimesh(source.solid.vertices, source.solid.triangles, process=False)
    body.apply_translation([0, 0, -body.bounds[0, 2]])
    header = "; ".join(fact_lines({"unit": "mm", **source.facts})).encode("ascii", "replace")[:STL_HEADER_BYTES]
    return header.ljust(STL_HEADER_BYTES) + export_stl(body)[STL_HEADER_BYTES:]


def mesh_ply(source: Source) -> bytes:
    """The mesh as binary PLY in mm with colour, confidence and class of each vertex; facts are comments."""
    mesh = source.mesh
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
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
    cloud = source.cloud
    normals = normals_of(cloud.depth, cloud.camera, links_of(cloud.depth, cloud.camera))
    return png_from_image(normal_map(normals), {**NORMAL_FACTS, **source.facts})


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
