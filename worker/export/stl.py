"""Triangles as a binary STL file.

Source: 3D Systems, Stereolithography Interface Specification, 1988.
"""

from __future__ import annotations

import numpy as np

from worker.export.source import Facts, fact_lines

HEADER_BYTES = 80
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def stl_bytes(corners: np.ndarray, facts: Facts) -> bytes:
    """Triangles with those corners (M, 3, 3) in mm; the facts go into the header, cut to its 80 bytes."""
    triangles = np.zeros(len(corners), TRIANGLE)
    triangles["corners"], triangles["normal"] = corners, _normals(corners)
    header = "; ".join(fact_lines({"unit": "mm", **facts})).encode("ascii", "replace")[:HEADER_BYTES]
    return header.ljust(HEADER_BYTES) + np.uint32(len(triangles)).tobytes() + triangles.tobytes()


def _normals(corners: np.ndarray) -> np.ndarray:
    """(M, 3) of unit length, 0 where a triangle has no area."""
    a, b, c = np.moveaxis(corners, 1, 0)
    (x, y, z), (u, v, w) = (b - a).T, (c - a).T
    cross = np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=-1)  # a third of the time of np.cross
    return cross / np.maximum(np.sqrt((cross * cross).sum(1, keepdims=True)), np.finfo(cross.dtype).tiny)
