"""A whole head as Wavefront OBJ, with the photo's expression; the format knows no other."""

from __future__ import annotations

from worker.export.head.source import ExportPart, HeadSource, rows_as_text
from worker.export.source import fact_lines
from worker.zips import zipped


def head_obj_zip(source: HeadSource) -> bytes:
    """The head in mm, an object for each part, zipped with its materials and textures; the facts are comments.

    Source: Wavefront, Advanced Visualizer manual, appendix B1 (object files).
    """
    files = {"head.obj": _text(source).encode(), "head.mtl": _materials(source).encode()}
    files |= {_texture_name(each): each.texture for each in source.parts}
    return zipped(files, source.made)


def _text(source: HeadSource) -> str:
    head = "".join(f"# {line}\n" for line in fact_lines(source.facts_in("mm")))
    texts, first = [head, "mtllib head.mtl\n"], 1
    for exported in source.parts:
        texts.append(_object(exported, first))
        first += len(exported.posed)
    return "".join(texts)


def _object(exported: ExportPart, first: int) -> str:
    """A part; its vertices have the numbers from `first` on in the file."""
    part = exported.part
    corners = [f"{number}/{number}/{number}" for number in range(first, first + len(part.uv))]  # place, texture, normal
    return "".join(
        [
            f"o {part.name}\n",
            rows_as_text("v %.3f %.3f %.3f\n", exported.posed),
            rows_as_text("vt %.5f %.5f\n", part.uv),
            rows_as_text("vn %.3f %.3f %.3f\n", exported.posed_normals),
            f"usemtl {part.name}\n",
            "".join([f"f {corners[a]} {corners[b]} {corners[c]}\n" for a, b, c in part.triangles.tolist()]),
        ]
    )


def _materials(source: HeadSource) -> str:
    return "".join(
        f"newmtl {each.part.name}\nKa 0 0 0\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {_texture_name(each)}\n\n"
        for each in source.parts
    )


def _texture_name(exported: ExportPart) -> str:
    return f"{exported.part.name}.jpg"
