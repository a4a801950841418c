"""Wavefront OBJ, for any 3D program."""

from __future__ import annotations

import io
import zipfile

import trimesh
from trimesh.exchange.obj import export_obj
from trimesh.visual import TextureVisuals
from trimesh.visual.material import SimpleMaterial

from worker.export.facts import fact_lines
from worker.export.source import Source


def obj_zip(source: Source) -> bytes:
    """The textured mesh in mm, zipped with its material and the photo; the facts are comments."""
    mesh = source.mesh
    material = SimpleMaterial(image=source.texture, diffuse=[255, 255, 255], specular=[0, 0, 0])
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    body.visual = TextureVisuals(uv=mesh.uv, material=material)
    header = "\n# ".join(fact_lines(source.facts))
    text, others = export_obj(
        body, include_normals=True, return_texture=True, digits=5, mtl_name="face.mtl", header=header
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"face.obj": text.encode(), **others}.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()
