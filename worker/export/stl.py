"""Binary STL, for printing."""

from __future__ import annotations

import trimesh
from trimesh.exchange.stl import export_stl

from worker.export.facts import fact_lines
from worker.export.source import Source

HEADER_BYTES = 80


def stl(source: Source) -> bytes:
    """The closed body in mm, lying on z = 0 with its face up; the facts go into the header, cut to its 80 bytes."""
    body = trimesh.Trimesh(source.solid.vertices, source.solid.triangles, process=False)
    body.apply_translation([0, 0, -body.bounds[0, 2]])
    header = "; ".join(fact_lines(source.facts)).encode("ascii", "replace")[:HEADER_BYTES]
    return header.ljust(HEADER_BYTES) + export_stl(body)[HEADER_BYTES:]
