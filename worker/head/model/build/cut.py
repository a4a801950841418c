"""The head's skin cut out of the whole body's along a smooth curve over chest, shoulders and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from worker.head.model.build.source import Source


@dataclass(frozen=True)
class RimSettings:
    """Where the skin is cut: on a superellipse over x and y, all through z; chosen by eye."""

    half_width_dm: float = 1.72  # beside the neck's foot, before the arms
    top_dm: float = 7.0  # y of its middle
    depth_dm: float = 2.3  # below that
    exponent: float = 4.0
    snap: float = 0.3  # share of an edge: a vertex that lies so near to the curve moves onto it
    rounds: int = 40  # of bisection along an edge


RIM = RimSettings()


@dataclass(frozen=True)
class Skin:
    """Triangles over vertices that are mixed from those of the base mesh.

    mix: (N, 19158) sparse, each vertex from one or two of the base mesh.
    triangles: (T, 3) int over N.
    quad: (T,) int, the quad of the body that a triangle comes from.
    """

    mix: sparse.csr_matrix
    triangles: np.ndarray
    quad: np.ndarray


def inside_of_rim(vertices: np.ndarray) -> np.ndarray:
    """(N,) positive where the skin is kept, negative beyond the rim; of vertices (N, 3) in dm."""
    below = np.maximum(RIM.top_dm - vertices[:, 1], 0) / RIM.depth_dm
    beside = np.abs(vertices[:, 0]) / RIM.half_width_dm
    return 1 - beside**RIM.exponent - below**RIM.exponent


def cut_skin(source: Source, vertices: np.ndarray) -> Skin:
    """The skin of head, neck and upper shoulders of a person (19158, 3) in dm; its only border is the rim."""
    quads = source.base.quads["body"]
    triangles, quad = triangulated(quads, vertices, source.mirror)
    near = inside_of_rim(vertices) > -2
    some = near[triangles].any(1)
    return _Cutter(vertices, source.mirror).cut(triangles[some], quad[some])


def triangulated(quads: np.ndarray, vertices: np.ndarray, mirror: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quads (Q, 4) along their shorter diagonals, mirror images alike: triangles (2 Q, 3), and the quad of each."""
    a, b, c, d = quads.T
    first, second = (np.linalg.norm(vertices[p] - vertices[q], axis=1).round(9) for p, q in ((a, c), (b, d)))
    name = np.minimum(np.arange(len(mirror)), mirror)
    equal = np.minimum(name[a], name[c]) < np.minimum(name[b], name[d])
    ac = np.where(first == second, equal, first < second)[:, None]
    one = np.where(ac, np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    two = np.where(ac, np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    return np.concatenate([one, two]), np.tile(np.arange(len(quads)), 2)


class _Cutter:
    """Clips triangles at the rim; a row of the mix is (base vertex, base vertex, share of the second)."""

    def __init__(self, vertices: np.ndarray, mirror: np.ndarray) -> None:
        self._vertices = vertices
        self._middle = mirror == np.arange(len(vertices))
        self._side = np.sign(inside_of_rim(self._vertices))
        self._rows: list[tuple[int, int, float]] = [(i, i, 0.0) for i in range(len(self._vertices))]
        self._made: dict[tuple[int, int], int] = {}

    def cut(self, triangles: np.ndarray, quad: np.ndarray) -> Skin:
        self._snap(triangles)
        kept, origin = [], []
        for triangle, index in zip(triangles.tolist(), quad.tolist(), strict=True):
            for piece in self._clipped(triangle):
                kept.append(piece)
                origin.append(index)
        used, renumbered = np.unique(np.array(kept), return_inverse=True)
        return Skin(self._mix()[used], renumbered.reshape(-1, 3), np.array(origin))

    def _snap(self, triangles: np.ndarray) -> None:
        """Move vertices near the rim onto it, along the edge that crosses it nearest to them."""
        best: dict[int, tuple[float, int]] = {}
        for a, b in {tuple(sorted(edge)) for t in triangles.tolist() for edge in zip(t, t[1:] + t[:1], strict=True)}:
            if self._side[a] * self._side[b] < 0:
                for near, far in ((a, b), (b, a)):
                    share = self._crossing(near, far)
                    allowed = share < RIM.snap and (self._middle[far] or not self._middle[near])
                    if allowed and share < best.get(near, (1.0, 0))[0]:
                        best[near] = (share, far)
        for near, (share, far) in best.items():
            self._rows[near] = (near, far, share)
            self._side[near] = 0

    def _crossing(self, a: int, b: int) -> float:
        """How far along the edge from a to b the rim lies."""
        low, high = 0.0, 1.0
        for _ in range(RIM.rounds):
            middle = (low + high) / 2
            point = self._vertices[a] * (1 - middle) + self._vertices[b] * middle
            same = np.sign(inside_of_rim(point[None])[0]) == np.sign(inside_of_rim(self._vertices[a][None])[0])
            low, high = (middle, high) if same else (low, middle)
        return (low + high) / 2

    def _clipped(self, triangle: list[int]) -> list[list[int]]:
        """The triangles that are left of one."""
        polygon: list[int] = []
        if max(self._side[triangle]) <= 0:
            return []
        for a, b in zip(triangle, triangle[1:] + triangle[:1], strict=True):
            polygon += [a] if self._side[a] >= 0 else []
            polygon += [self._on_rim(a, b)] if self._side[a] * self._side[b] < 0 else []
        if len(polygon) == 3:
            return [polygon]
        a, b, c, d = polygon
        near, far = (self._distance(p, q) for p, q in ((a, c), (b, d)))
        return [[a, b, c], [a, c, d]] if near < far else [[a, b, d], [b, c, d]]

    def _on_rim(self, a: int, b: int) -> int:
        pair = (min(a, b), max(a, b))
        if pair not in self._made:
            self._made[pair] = len(self._rows)
            self._rows.append((*pair, self._crossing(*pair)))
        return self._made[pair]

    def _distance(self, *pair: int) -> float:
        ends = [(1 - share) * self._vertices[a] + share * self._vertices[b] for a, b, share in map(self._row, pair)]
        return float(np.linalg.norm(ends[0] - ends[1]))

    def _row(self, index: int) -> tuple[int, int, float]:
        return self._rows[index]

    def _mix(self) -> sparse.csr_matrix:
        first, second, share = (np.array(column) for column in zip(*self._rows, strict=True))
        rows = np.tile(np.arange(len(first)), 2)
        entries = np.concatenate([1 - share, share])
        shape = (len(first), len(self._vertices))
        return sparse.csr_matrix((entries, (rows, np.concatenate([first, second]).astype(int))), shape)
