"""The visible surface as Wavefront OBJ; written by ourselves: trimesh formats number by number.

Source: Wavefront, Advanced Visualizer manual, appendix B1 (object files).
"""

from __future__ import annotations

import numpy as np
import orjson

from worker.export.source import Source, fact_lines
from worker.zips import zipped

DIGITS = 5


def obj_zip(source: Source) -> bytes:
    """The textured mesh in mm, zipped with its material and the photo; the facts are comments."""
    mesh, texture = source.mesh, source.texture
    image = f"face.{texture.suffix}"
    comments = "".join(f"# {line}\n" for line in fact_lines(source.mesh_facts("mm")))
    material = f"{comments}\nnewmtl face\nKa 0.4 0.4 0.4\nKd 1 1 1\nKs 0 0 0\nNs 1\nmap_Kd {image}\n"
    text = [
        f"{comments}mtllib face.mtl\nusemtl face\n".encode(),
        _rows(b"v ", mesh.vertices),
        _rows(b"vt ", mesh.uv),
        _rows(b"vn ", mesh.normals),
        _faces(mesh.triangles, len(mesh.vertices)),
    ]
    return zipped({"face.obj": b"".join(text), image: texture.data, "face.mtl": material.encode()}, source.made)


def _rows(word: bytes, numbers: np.ndarray) -> bytes:
    """Numbers (N, K) as lines that begin with a word."""
    rows = orjson.dumps(np.ascontiguousarray(numbers.round(DIGITS)), option=orjson.OPT_SERIALIZE_NUMPY)  # [[1,2],[3,4]]
    return word + rows[2:-2].replace(b"],[", b"\n" + word).replace(b",", b" ") + b"\n"


def _faces(triangles: np.ndarray, count: int) -> bytes:
    """Triangles (M, 3) of so many vertices as lines, each corner with the number of its place, texture and normal."""
    names = np.array([b"%d/%d/%d" % (number, number, number) for number in range(1, count + 1)])
    lines = np.zeros((len(triangles), 3, names.itemsize + 3), np.uint8)
    lines[:, 0, :2] = [ord("f"), ord(" ")]
    lines[..., 2:-1] = names[triangles][..., None].view(np.uint8)
    lines[..., -1] = [ord(" "), ord(" "), ord("\n")]
    return lines[lines > 0].tobytes()  # the shorter names end in zeros
