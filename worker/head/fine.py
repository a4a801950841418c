"""The head model's skin, subdivided once, with its texture's seams; and its lower rim closed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from worker.head.meshes import adjacency
from worker.head.model.head_model import HeadModel, Part


@dataclass(frozen=True)
class FineSkin:
    """The skin as it is given out: S vertices, of which those at seams stand twice in the texture (M places).

    coarse: (C,) int, the model's vertices that are skin.
    weights: (S, N) sparse: fine = weights @ the model's vertices.
    triangles: (T, 3) int over S; closed.
    uv: (M, 2); uv_vertex: (M,) int, the vertex of each place; uv_triangles: (T, 3) over M.
    cap: (T,) bool, triangles that close the lower rim.
    """

    coarse: np.ndarray
    weights: sparse.csr_matrix
    triangles: np.ndarray
    uv: np.ndarray
    uv_vertex: np.ndarray
    uv_triangles: np.ndarray
    cap: np.ndarray

    @classmethod
    def of(cls, model: HeadModel) -> FineSkin:
        """Subdivide a model's skin."""
        own = model.part[model.triangles[:, 0]] == Part.SKIN
        coarse, (weights, fine) = np.unique(model.skin_triangles), model.subdivided_skin
        places, uv_triangles = np.unique(model.uv_triangles[own], return_inverse=True)
        uv, uv_fine, _pairs = _halved(model.uv[places], uv_triangles.reshape(-1, 3))
        uv_vertex = np.zeros(len(uv), int)
        uv_vertex[uv_fine.ravel()] = fine.ravel()
        return _capped(cls(coarse, weights, fine, uv, uv_vertex, uv_fine, np.zeros(len(fine), bool)))

    def field(self, values: np.ndarray) -> np.ndarray:
        """(S, ...) of values (N, ...) at the model's vertices."""
        return self.weights @ values

    @cached_property
    def links(self) -> sparse.csr_matrix:
        """(S, S) 1 where two vertices share an edge."""
        return adjacency(self.triangles, self.weights.shape[0])

    @cached_property
    def few_uv_triangles(self) -> np.ndarray:
        """(C, 3) over M, the skin's triangles before each was made four, and its cap."""
        first, second, third, _middle = np.split(self.uv_triangles[~self.cap], 4)  # as `loop_subdivision` has them
        return np.vstack([np.column_stack([first[:, 0], second[:, 1], third[:, 2]]), self.uv_triangles[self.cap]])

    def smoothed(self, values: np.ndarray, rounds: int) -> np.ndarray:
        """Values (S, ...) averaged with their neighbours, several times."""
        for _ in range(rounds):
            values = 0.5 * values + 0.5 * (self._mean @ values)
        return values

    @cached_property
    def _mean(self) -> sparse.csr_matrix:
        count = np.asarray(self.links.sum(1)).ravel()
        return (sparse.diags_array(1 / count) @ self.links).tocsr()


def _halved(uv: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each triangle in four, new places on the middles of edges; in `loop_subdivision`'s order."""
    halves = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges, of_half = np.unique(np.sort(halves, axis=1), axis=0, return_inverse=True)
    (a, b, c), (ab, bc, ca) = triangles.T, of_half.reshape(3, -1) + len(uv)
    finer = np.vstack([np.column_stack(corner) for corner in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return np.vstack([uv, uv[edges].mean(1)]), finer, edges


def rim_of(triangles: np.ndarray) -> np.ndarray:
    """(R,) int, the vertices of a mesh's only border, in the order in which a lid's triangles go round it.

    Raises:
        ValueError: the border is not one closed line.
    """
    halves = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    count = int(triangles.max()) + 1
    keys, back = halves @ [count, 1], halves[:, ::-1] @ [count, 1]
    border = halves[~np.isin(keys, back)]
    after = dict(zip(border[:, 1].tolist(), border[:, 0].tolist(), strict=True))
    start = int(border[0, 1])
    loop = [start]
    while (following := after[loop[-1]]) != start:
        loop.append(following)
    if len(loop) != len(border):
        raise ValueError(f"the skin's border has {len(border)} edges, of which {len(loop)} are one line")
    return np.array(loop)


def _capped(skin: FineSkin) -> FineSkin:
    """The skin with a vertex in the middle of its lower rim, and a fan to it."""
    rim = rim_of(skin.triangles)
    count, places = skin.weights.shape[0], len(skin.uv)
    middle = sparse.csr_matrix(skin.weights[rim].mean(0))
    following = np.roll(rim, -1)
    fan = np.column_stack([rim, following, np.full(len(rim), count)])
    place = np.zeros(count, int)
    place[skin.uv_vertex] = np.arange(places)  # at a seam, either
    uv_fan = np.column_stack([place[rim], place[following], np.full(len(rim), places)])
    return FineSkin(
        skin.coarse,
        sparse.vstack([skin.weights, middle]).tocsr(),
        np.vstack([skin.triangles, fan]),
        np.vstack([skin.uv, skin.uv[place[rim[:1]]]]),
        np.append(skin.uv_vertex, count),
        np.vstack([skin.uv_triangles, uv_fan]),
        np.append(skin.cap, np.ones(len(rim), bool)),
    )
