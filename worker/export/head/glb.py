"""A whole head as binary glTF with morph targets.

Source: Khronos, glTF 2.0 Specification, sections 3.4 (units) and 3.7.2.2 (morph targets).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.head.head import HeadPart
from worker.export.head.gltf import Gltf, Sparse
from worker.export.head.materials import MATERIALS
from worker.export.head.source import ExportPart, HeadSource, y_up
from worker.export.source import METRES_PER_MM

CLAMPED = 33071  # a texture is not repeated beyond its edge


def head_glb(source: HeadSource) -> bytes:
    """The neutral head in metres, with the photo's expression as weights of the morph targets.

    One mesh for each part. Those that move have all expressions, in the head's order, whose names are in
    `extras.targetNames`. They have the camera as their origin; the node above them, `head`, moves them so that the head
    stands on the floor. The facts are the scene's `extras`.
    """
    document, nodes = Gltf(), []
    for exported in source.parts:
        part, expressions = exported.part, source.head.expressions
        mesh: dict[str, Any] = {"name": part.name, "primitives": [_primitive(document, exported)]}
        if part.morphs:
            mesh["primitives"][0]["targets"] = _targets(document, part, expressions)
            mesh["weights"] = [round(float(source.head.weights.get(name, 0)), 4) for name in expressions]
            mesh["extras"] = {"targetNames": list(expressions)}
        nodes.append(document.add("nodes", {"name": part.name, "mesh": document.add("meshes", mesh)}))
    move = (source.standing_mm * METRES_PER_MM).round(5).tolist()
    document.add("nodes", {"name": "head", "translation": move, "children": nodes})
    return document.packed(source.facts_in("m"))


def _primitive(document: Gltf, exported: ExportPart) -> dict[str, Any]:
    part = exported.part
    attributes = {
        "POSITION": document.vertices(exported.neutral * np.float32(METRES_PER_MM), bounded=True),
        "NORMAL": document.vertices(exported.neutral_normals),
        "TEXCOORD_0": document.vertices(np.stack([part.uv[:, 0], 1 - part.uv[:, 1]], 1)),  # v from the top
    }
    indices = document.indices(part.triangles.ravel())
    return {"attributes": attributes, "indices": indices, "material": _material(document, exported)}


def _material(document: Gltf, exported: ExportPart) -> int:
    name = exported.part.name
    view = document.view(exported.texture)
    image = document.add("images", {"name": name, "bufferView": view, "mimeType": "image/jpeg"})
    sampler = document.add("samplers", {"wrapS": CLAMPED, "wrapT": CLAMPED})
    texture = document.add("textures", {"source": image, "sampler": sampler})
    surface = {
        "baseColorTexture": {"index": texture},
        "metallicFactor": 0.0,
        "roughnessFactor": MATERIALS[name].roughness,
    }
    return document.add("materials", {"name": name, "pbrMetallicRoughness": surface})


def _targets(document: Gltf, part: HeadPart, expressions: Sequence[str]) -> list[dict[str, int]]:
    """A morph target for each expression, also for those that do not move this part."""
    moves = [_move(part, name) for name in expressions]
    return [{"POSITION": accessor} for accessor in document.sparse(len(part.vertices), moves)]


def _move(part: HeadPart, name: str) -> Sparse | None:
    morph = part.morphs.get(name)
    if morph is None or not len(morph.indices):
        return None
    return morph.indices, y_up(morph.offsets_mm) * np.float32(METRES_PER_MM)
