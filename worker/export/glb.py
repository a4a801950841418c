"""Binary glTF, for Blender and the web."""

from __future__ import annotations

import trimesh
from trimesh.exchange.gltf import export_glb
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from worker.export.source import Source

METRES_PER_MM = 0.001


def glb(source: Source) -> bytes:
    """The textured mesh, in metres as the format demands; the facts are the scene's `extras`.

    Source: Khronos, glTF 2.0 Specification, section 3.4 (units).
    """
    mesh = source.mesh
    material = PBRMaterial(baseColorTexture=source.texture, metallicFactor=0.0, roughnessFactor=1.0, doubleSided=True)
    body = trimesh.Trimesh(mesh.vertices * METRES_PER_MM, mesh.triangles, process=False)
    body.visual = TextureVisuals(uv=mesh.uv, material=material)
    return export_glb(trimesh.Scene(body, metadata=dict(source.facts)), include_normals=True)
