"""A glTF document and its one buffer, as a binary file. Written by ourselves: trimesh leaves morph targets out.

Source: Khronos, glTF 2.0 Specification, sections 3.6.2 (accessors, sparse ones in 3.6.2.3) and 4 (the binary file).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

COMPONENTS = {"<f4": 5126, "<u4": 5125, "<u2": 5123}
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}
VERTICES, INDICES = 34962, 34963  # what a buffer view holds
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942

Sparse = tuple[np.ndarray, np.ndarray]
"""(K,) int, ascending, which elements are not zero; (K, 3) float32, what they are."""


class Gltf:
    """A document that is filled entry by entry; each gives its index among those of its kind."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._lists: dict[str, list[dict[str, Any]]] = {}

    def add(self, kind: str, entry: Mapping[str, Any]) -> int:
        """Put an entry into one of the document's lists: nodes, meshes, materials, textures, ..."""
        entries = self._lists.setdefault(kind, [])
        entries.append(dict(entry))
        return len(entries) - 1

    def view(self, data: bytes, **more: int) -> int:
        """Put bytes into the buffer."""
        self._bytes += bytes(-len(self._bytes) % 4)
        view = {"buffer": 0, "byteOffset": len(self._bytes), "byteLength": len(data)}
        self._bytes += data
        return self.add("bufferViews", view | more)

    def vertices(self, values: np.ndarray, *, bounded: bool = False) -> int:
        """An accessor of vertices' values (N, K), as float32; positions have to be bounded."""
        values = values.astype("<f4")
        accessor = {**_accessor(values), "bufferView": self.view(values.tobytes(), target=VERTICES)}
        return self.add("accessors", accessor | (_bounds(values) if bounded else {}))

    def indices(self, values: np.ndarray) -> int:
        """An accessor of indices (N,), as small as their largest allows."""
        values = _small(values, int(values.max(initial=0)))
        return self.add("accessors", {**_accessor(values), "bufferView": self.view(values.tobytes(), target=INDICES)})

    def sparse(self, count: int, parts: Sequence[Sparse | None]) -> list[int]:
        """Accessors of `count` x 3 float32, all zero but for what is given; those without anything take no bytes."""
        given = [(_small(where, count), what.astype("<f4")) for where, what in filter(None, parts)]
        views = [self.view(b"".join(part[side].tobytes() for part in given)) if given else 0 for side in (0, 1)]
        starts, made = [0, 0], []
        for part in parts:
            if part is None:
                made.append(self.add("accessors", _zeros(count)))
                continue
            where, what = given.pop(0)
            made.append(self.add("accessors", _sparse_accessor(count, where, what, views, starts)))
            starts = [starts[0] + where.nbytes, starts[1] + what.nbytes]
        return made

    def packed(self, extras: Mapping[str, str]) -> bytes:
        """The file, whose one scene shows the node that was added last, with all below it, and has the extras."""
        scene = {"nodes": [len(self._lists["nodes"]) - 1], "extras": dict(extras)}
        document = {
            "asset": {"version": "2.0", "generator": extras.get("generator", "Relief")},
            "scene": 0,
            "scenes": [scene],
            "buffers": [{"byteLength": len(self._bytes)}],
            **self._lists,
        }
        text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
        chunks = _chunk(JSON_CHUNK, text, b" ") + _chunk(BINARY_CHUNK, bytes(self._bytes), b"\0")
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _small(values: np.ndarray, largest: int) -> np.ndarray:
    """Indices as uint16 where all fit; its highest number is reserved."""
    return values.astype("<u2" if largest < 0xFFFF else "<u4")


def _accessor(values: np.ndarray) -> dict[str, Any]:
    kind = KINDS[1 if values.ndim == 1 else values.shape[1]]
    return {"componentType": COMPONENTS[values.dtype.str], "count": len(values), "type": kind}


def _bounds(values: np.ndarray) -> dict[str, list[float]]:
    return {"min": values.min(0).tolist(), "max": values.max(0).tolist()}


def _zeros(count: int) -> dict[str, Any]:
    return {"componentType": COMPONENTS["<f4"], "count": count, "type": "VEC3", "min": [0.0] * 3, "max": [0.0] * 3}


def _sparse_accessor(
    count: int, where: np.ndarray, what: np.ndarray, views: Sequence[int], starts: Sequence[int]
) -> dict[str, Any]:
    elsewhere = np.zeros((int(len(what) < count), 3), "<f4")  # the zeros count for the bounds too
    indices = {"bufferView": views[0], "byteOffset": starts[0], "componentType": COMPONENTS[where.dtype.str]}
    values = {"bufferView": views[1], "byteOffset": starts[1]}
    sparse = {"count": len(where), "indices": indices, "values": values}
    return {**_zeros(count), **_bounds(np.vstack([what, elsewhere])), "sparse": sparse}


def _chunk(kind: int, data: bytes, padding: bytes) -> bytes:
    data += padding * (-len(data) % 4)
    return struct.pack("<II", len(data), kind) + data
