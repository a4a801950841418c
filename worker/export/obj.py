"""The visible surface as Wavefront OBJ; written by ourselves: trimesh formats number by number.

Source: Wavefront, Advanced Visualizer manual, appendix B1 (object files).
"""

from __future__ import annotations

from worker.export.source import Source, fact_lines
from worker.export.text import obj_faces, obj_rows
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
        obj_rows(b"v ", mesh.vertices, DIGITS),
        obj_rows(b"vt ", mesh.uv, DIGITS),
        obj_rows(b"vn ", mesh.normals, DIGITS),
        obj_faces(mesh.triangles, 1, len(mesh.vertices)),
    ]
    return zipped({"face.obj": b"".join(text), image: texture.data, "face.mtl": material.encode()}, source.made)
