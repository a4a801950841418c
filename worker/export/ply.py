"""Stanford PLY of the mesh."""

from __future__ import annotations

import trimesh
from trimesh.exchange.ply import export_ply
from trimesh.visual import ColorVisuals

from worker.export.facts import ply_comments
from worker.export.source import Source


def mesh_ply(source: Source) -> bytes:
    """The mesh as binary PLY in mm with the photo's colour and the confidence of each vertex; facts are comments."""
    mesh = source.mesh
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    body.visual = ColorVisuals(body, vertex_colors=mesh.rgb)
    body.vertex_attributes["confidence"] = mesh.confidence
    first, second, rest = export_ply(body, vertex_normal=True).split(b"\n", 2)
    return b"\n".join([first, second, ply_comments(source.facts) + rest])
