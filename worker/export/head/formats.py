"""The formats of a whole head: the result's name, and what makes its bytes.

A new one is a module here, a row in HEAD_WRITERS, and a row in shared/results.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.head.format import bytes_from_head
from shared.results import HEAD, HEAD_GLB, HEAD_JSON, HEAD_OBJ, HEAD_STL, HEAD_TURNTABLE, HEAD_USDZ
from worker.export.head.document import head_json
from worker.export.head.glb import head_glb
from worker.export.head.obj import head_obj_zip
from worker.export.head.source import HeadSource
from worker.export.head.stl import head_stl
from worker.export.head.usdz import head_usdz
from worker.export.pictures.views import head_turntable_jpg

HEAD_WRITERS: Mapping[str, Callable[[HeadSource], bytes]] = {
    HEAD: lambda source: bytes_from_head(source.head),
    HEAD_GLB: head_glb,
    HEAD_OBJ: head_obj_zip,
    HEAD_STL: head_stl,
    HEAD_USDZ: head_usdz,
    HEAD_JSON: head_json,
    HEAD_TURNTABLE: head_turntable_jpg,
}
