"""A whole head as Wavefront OBJ, with the photo's expression; the format knows no other."""

from __future__ import annotations

from worker.export.head.source import ExportPart, HeadSource
from worker.export.source import fact_lines
from worker.export.text import obj_faces, obj_rows
from worker.zips import zipped


def head_obj_zip(source: HeadSource) -> bytes:
    """The head in mm, an object for each part, zipped with its materials and textures; the facts are comments.

    Source: Wavefront, Advanced Visualizer manual, appendix B1 (object files).
    """
    files = {"head.obj": _text(source), "head.mtl": _materials(source).encode()}
    files |= {_texture_name(each): each.texture for each in source.parts}
    return zipped(files, source.made)


def _text(source: HeadSource) -> bytes:
    comments = "".join(f"# {line}\n" for line in fact_lines(source.facts_in("mm")))
    texts, first = [comments.encode(), b"mtllib head.mtl\n"], 1
    for exported in source.parts:
        texts.append(_object(exported, first))
        first += len(exported.posed)
    return b"".join(texts)


def _object(exported: ExportPart, first: int) -> bytes:
    """A part; its vertices have the numbers from `first` on in the file."""
    part = exported.part
    return b"".join(
        [
            f"o {part.name}\n".encode(),
            obj_rows(b"v ", exported.posed, 3),
            obj_rows(b"vt ", part.uv, 5),
            obj_rows(b"vn ", exported.posed_normals, 3),
            f"usemtl {part.name}\n".encode(),
            obj_faces(part.triangles, first, len(part.uv)),
        ]
    )


def _materials(source: HeadSource) -> str:
    return "".join(
        f"newmtl {each.part.name}\nKa 0 0 0\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {_texture_name(each)}\n\n"
        for each in source.parts
    )


def _texture_name(exported: ExportPart) -> str:
    return f"{exported.part.name}.jpg"
