"""A whole head as USDZ, which phones open by themselves; with the photo's expression, they show no other.

Source: Pixar, USDZ File Format Specification, 1.3: a zip without compression, every file at a multiple of 64 bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime

import numpy as np

from shared.zips import zip_entry
from worker.export.head.materials import MATERIALS
from worker.export.head.source import ExportPart, HeadSource
from worker.export.source import METRES_PER_MM, fact_lines
from worker.export.text import numbers_as_text

ALIGNMENT_BYTES = 64
LOCAL_HEADER_BYTES = 30
PADDING_ID, PADDING_HEADER_BYTES = 0x1986, 4
"""Of the zip's extra field, which readers skip; the number is USD's own."""


def head_usdz(source: HeadSource) -> bytes:
    """The head, a mesh for each part with its material and texture; the facts are the layer's documentation.

    The meshes have the camera as their origin, and are moved together, so that the head stands on the floor.
    """
    files = {"head.usda": _layer(source).encode()}  # the first one is what is shown
    files |= {f"textures/{each.part.name}.jpg": each.texture for each in source.parts}
    return aligned_zip(files, source.made)


def aligned_zip(files: dict[str, bytes], made: datetime) -> bytes:
    """An archive without compression in which every file's bytes begin at a multiple of ALIGNMENT_BYTES."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zip_entry(name, made)
            begin = file.tell() + LOCAL_HEADER_BYTES + len(name.encode()) + len(entry.extra) + PADDING_HEADER_BYTES
            padding = -begin % ALIGNMENT_BYTES
            entry.extra += PADDING_ID.to_bytes(2, "little") + padding.to_bytes(2, "little") + bytes(padding)
            archive.writestr(entry, data)
    return file.getvalue()


def _layer(source: HeadSource) -> str:
    words = json.dumps("; ".join(fact_lines(source.facts_in("mm"))), ensure_ascii=False)
    move = ", ".join(f"{value:.2f}" for value in source.standing_mm)
    meshes = "".join(map(_mesh, source.parts))
    materials = "".join(map(_material, source.parts))
    return f"""#usda 1.0
(
    defaultPrim = "Head"
    doc = {words}
    metersPerUnit = {METRES_PER_MM}
    upAxis = "Y"
)

def Xform "Head" (
    assetInfo = {{
        string name = "Head"
    }}
    kind = "component"
)
{{
    double3 xformOp:translate = ({move})
    uniform token[] xformOpOrder = ["xformOp:translate"]
{meshes}
    def Scope "Materials"
    {{{materials}
    }}
}}
"""


def _mesh(exported: ExportPart) -> str:
    part, low, high = exported.part, exported.posed.min(0), exported.posed.max(0)
    return f"""
    def Mesh "{part.name}" (
        prepend apiSchemas = ["MaterialBindingAPI"]
    )
    {{
        uniform token subdivisionScheme = "none"
        float3[] extent = [{_tuples(np.stack([low, high]), 2)}]
        int[] faceVertexCounts = [{",".join(["3"] * len(part.triangles))}]
        int[] faceVertexIndices = {numbers_as_text(part.triangles.ravel(), 0).decode()}
        point3f[] points = [{_tuples(exported.posed, 2)}]
        normal3f[] normals = [{_tuples(exported.posed_normals, 3)}] (
            interpolation = "vertex"
        )
        texCoord2f[] primvars:st = [{_tuples(part.uv, 5)}] (
            interpolation = "vertex"
        )
        rel material:binding = </Head/Materials/{part.name}>
    }}
"""


def _material(exported: ExportPart) -> str:
    name = exported.part.name
    path = f"/Head/Materials/{name}"
    return f"""
        def Material "{name}"
        {{
            token outputs:surface.connect = <{path}/Surface.outputs:surface>

            def Shader "Surface"
            {{
                uniform token info:id = "UsdPreviewSurface"
                color3f inputs:diffuseColor.connect = <{path}/Texture.outputs:rgb>
                float inputs:metallic = 0
                float inputs:roughness = {MATERIALS[name].roughness}
                token outputs:surface
            }}

            def Shader "Texture"
            {{
                uniform token info:id = "UsdUVTexture"
                asset inputs:file = @textures/{name}.jpg@
                token inputs:sourceColorSpace = "sRGB"
                float2 inputs:st.connect = <{path}/Coordinates.outputs:result>
                token inputs:wrapS = "clamp"
                token inputs:wrapT = "clamp"
                float3 outputs:rgb
            }}

            def Shader "Coordinates"
            {{
                uniform token info:id = "UsdPrimvarReader_float2"
                string inputs:varname = "st"
                float2 outputs:result
            }}
        }}
"""


def _tuples(rows: np.ndarray, digits: int) -> str:
    """Numbers (N, K) as USD has them between the brackets of an array: (1,2),(3,4)."""
    return numbers_as_text(rows, digits)[1:-1].replace(b"[", b"(").replace(b"]", b")").decode()
