"""Meshes and pictures as files that other programs open: GLB, OBJ, PLY, STL, PNG; bytes out, nothing is written.

Every file says what made it, in the place that its format has for that. Meshes are moved so that their middle is the
origin: programs that do not frame what they open would show nothing otherwise.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np
import trimesh
from PIL import Image, PngImagePlugin
from trimesh.exchange.gltf import export_glb
from trimesh.exchange.obj import export_obj
from trimesh.exchange.ply import export_ply
from trimesh.exchange.stl import export_stl
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial, SimpleMaterial

from shared.cloud.pointcloud import PointCloud
from worker.geometry.clean.rims import without_fringe
from worker.geometry.surface.mesh import Mesh, sampled, texture_coordinates

MM_PER_METRE = 1000.0
RELATIVE_HEIGHT_MM = 200.0
"""How tall a body without a true size becomes, where a format or a printer needs millimetres."""
TEXTURE_LONG_SIDE_PX = 2048
TEXTURE_QUALITY = 90
STL_HEADER_BYTES = 80

Facts = Mapping[str, str]
"""What made a file, by name: model, version, settings, unit."""


def mm_per_unit(cloud: PointCloud) -> float:
    """Scale of a cloud to millimetres: 1 where it is metric, else such that it is RELATIVE_HEIGHT_MM tall."""
    if cloud.unit == "mm":
        return 1.0
    return RELATIVE_HEIGHT_MM / float(np.ptp(cloud.points()[:, 1]) or 1.0)


def texture_from_photo(pixels: np.ndarray, known: np.ndarray) -> Image.Image:
    """The photo as a JPEG image of at most TEXTURE_LONG_SIDE_PX, without background at the outline of the surface.

    Args:
        pixels: (H, W, 3) uint8.
        known: (h, w) bool over the same picture, True on the surface.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((TEXTURE_LONG_SIDE_PX, TEXTURE_LONG_SIDE_PX))
    surface = Image.fromarray(known).resize(image.size)
    image = Image.fromarray(without_fringe(np.asarray(image), np.asarray(surface)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=TEXTURE_QUALITY)
    return Image.open(file, formats=("JPEG",))  # an image that knows its format is embedded as JPEG, not as PNG


def glb_from_mesh(mesh: Mesh, cloud: PointCloud, texture: Image.Image, facts: Facts) -> bytes:
    """A textured mesh as binary glTF, in metres as the format demands; the facts are the scene's `extras`."""
    material = PBRMaterial(baseColorTexture=texture, metallicFactor=0.0, roughnessFactor=1.0, doubleSided=True)
    body = _textured(mesh, cloud, material, mm_per_unit(cloud) / MM_PER_METRE)
    scene = trimesh.Scene(body, metadata=dict(facts))
    return export_glb(scene, include_normals=True)


def obj_zip_from_mesh(mesh: Mesh, cloud: PointCloud, texture: Image.Image, facts: Facts) -> bytes:
    """A textured mesh as OBJ in mm, zipped with its material and the photo."""
    body = _textured(
        mesh, cloud, SimpleMaterial(image=texture, diffuse=[255, 255, 255], specular=[0, 0, 0]), mm_per_unit(cloud)
    )
    text, others = export_obj(
        body, include_normals=True, return_texture=True, digits=5, mtl_name="face.mtl", header=_lines(facts, "\n# ")
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"face.obj": text.encode(), **others}.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def ply_from_mesh(mesh: Mesh, cloud: PointCloud, facts: Facts) -> bytes:
    """A mesh as binary PLY in mm with the photo's colour and the confidence of each vertex; facts are comments."""
    body = _scaled(mesh, mm_per_unit(cloud))
    body.visual = trimesh.visual.ColorVisuals(body, vertex_colors=sampled(cloud.rgb, mesh.vertices, cloud.camera))
    body.vertex_attributes["confidence"] = sampled(cloud.confidence, mesh.vertices, cloud.camera)
    first, second, rest = export_ply(body, vertex_normal=True).split(b"\n", 2)
    comments = _lines(facts, "\ncomment ", "comment ").encode("ascii", "replace")
    return b"\n".join([first, second, comments, rest])


def stl_from_solid(solid: Mesh, cloud: PointCloud, facts: Facts) -> bytes:
    """A closed body as binary STL in mm, lying on z = 0 with its face up; the facts go into the header, 80 bytes."""
    body = _scaled(solid, mm_per_unit(cloud))
    body.apply_translation([0, 0, -body.bounds[0, 2]])
    header = _lines(facts, "; ").encode("ascii", "replace")[:STL_HEADER_BYTES]
    return header.ljust(STL_HEADER_BYTES) + export_stl(body)[STL_HEADER_BYTES:]


def png_from_image(image: np.ndarray, facts: Facts) -> bytes:
    """A picture, (H, W) uint8 or uint16 or (H, W, 3) uint8, as PNG with the facts as text."""
    text = PngImagePlugin.PngInfo()
    for name, fact in facts.items():
        text.add_text(name, fact)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", pnginfo=text, compress_level=4)
    return file.getvalue()


def _textured(mesh: Mesh, cloud: PointCloud, material: object, scale: float) -> trimesh.Trimesh:
    body = _scaled(mesh, scale)
    body.visual = TextureVisuals(uv=texture_coordinates(mesh.vertices, cloud.camera), material=material)
    return body


def _scaled(mesh: Mesh, scale: float) -> trimesh.Trimesh:
    """The mesh in another unit, with the middle of its bounds at the origin."""
    middle = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2
    return trimesh.Trimesh((mesh.vertices - middle) * scale, mesh.triangles, process=False)


def _lines(facts: Facts, separator: str, first: str = "") -> str:
    """The facts as text, one after another, each on one line."""
    return first + separator.join(" ".join(f"{name}: {fact}".split()) for name, fact in facts.items())
