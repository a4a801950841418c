"""The table of formats: the result's name, and what makes its bytes.

A new one is a module with a function, a row here, and a row in shared/results.py, which names its stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.cloud.format import bytes_from_cloud
from shared.results import CLOUD, CLOUD_PLY, GLB, NORMALS, OBJ, PLY, STL
from worker.export.glb import glb
from worker.export.obj import obj_zip
from worker.export.ply import cloud_ply, mesh_ply
from worker.export.png import normals_png
from worker.export.source import Source
from worker.export.stl import stl

Writer = Callable[[Source], bytes]

WRITERS: Mapping[str, Writer] = {
    CLOUD: lambda source: bytes_from_cloud(source.cloud),
    CLOUD_PLY: cloud_ply,
    GLB: glb,
    OBJ: obj_zip,
    PLY: mesh_ply,
    STL: stl,
    NORMALS: normals_png,
}
