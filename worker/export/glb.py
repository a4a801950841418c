"""The visible surface as binary glTF.

Source: Khronos, glTF 2.0 Specification, section 3.4 (units).
"""

from __future__ import annotations

import numpy as np

from worker.export.head.gltf import Gltf
from worker.export.source import METRES_PER_MM, Source, standing

NAME = "face"


def glb(source: Source) -> bytes:
    """The textured mesh in metres as the format demands; the facts are the scene's `extras`."""
    document, mesh = Gltf(), source.mesh
    attributes = {
        "POSITION": document.vertices(mesh.vertices * METRES_PER_MM, bounded=True),
        "NORMAL": document.vertices(mesh.normals),
        "TEXCOORD_0": document.vertices(np.stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1]], 1)),  # v from the top
    }
    primitive = {
        "attributes": attributes,
        "indices": document.indices(mesh.triangles.ravel()),
        "material": _material(document, source),
    }
    shape = document.add("meshes", {"name": NAME, "primitives": [primitive]})
    move = standing(mesh.vertices * METRES_PER_MM).tolist()  # viewers in space have a floor
    document.add("nodes", {"name": NAME, "mesh": shape, "translation": move})
    return document.packed(source.mesh_facts("m"))


def _material(document: Gltf, source: Source) -> int:
    texture = source.texture
    image = document.add("images", {"bufferView": document.view(texture.data), "mimeType": texture.media_type})
    surface = {
        "baseColorTexture": {"index": document.add("textures", {"source": image})},
        "metallicFactor": 0.0,
        "roughnessFactor": 1.0,
    }
    return document.add("materials", {"name": NAME, "pbrMetallicRoughness": surface, "doubleSided": True})
