"""What a head model holds, whichever data it was made from.

Convention: the head's own frame, x from its right to its left, y down, z back; mm; the origin is the middle between the
pupils, which lie 63 mm apart in the mean. A camera in front of the face sees it upright, as a photo does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache

import numpy as np
from scipy import sparse

from worker.person.face_mesh import loop_subdivision


class Part(IntEnum):
    """What a vertex of the model belongs to."""

    SKIN = 0  # with lips, nostrils, sockets and the inside of the mouth
    EYES = 1
    TEETH = 2
    TONGUE = 3  # with the gums


@dataclass(frozen=True, eq=False)  # equal only to itself: what is made from it is cached
class HeadModel:
    """A head, neck and upper shoulders whose shape and expression can be changed.

    mean: (N, 3) float32 mm, with a closed mouth and open eyes.
    triangles: (T, 3) int32, each of one part; (b - a) x (c - a) points outward. The skin's only border is its lower
        rim; every other part is closed.
    part: (N,) uint8, the `Part`.
    modes: (K, N, 3) float32 mm, each scaled to one standard deviation among people; coefficients stay within +-bound.
    bound: the largest magnitude of a coefficient.
    expression_names: (E,) ARKit's names.
    expressions: (E, N, 3) float32 mm at full strength; weights are 0 to 1.
    landmark_corners: (468, 3) int32 vertices, and landmark_weights: (468, 3) float32 barycentric: where the landmarks
        of MediaPipe's face mesh lie on it.
    landmark_spread_mm: (468,) float32, how far a landmark's place varies with the view; large on the outer contour.
    scalp: (N,) float32 0 to 1, where hair grows.
    ears: (N,) float32 0 to 1.
    neck: (N,) float32 0 to 1: 1 below jaw and nape, 0 on the head.
    mirror: (N,) int32, each vertex's mirror image.
    uv: (M, 2) float32, 0..1 from left to right and from bottom to top; a vertex on a seam has two. Each eyeball has a
        square, its pupil in the middle: at the distance r from it, in half sides, lies what is 180 r**2 degrees away.
    uv_vertex: (M,) int32, the vertex of each; uv_triangles: (T, 3) int32, `triangles` over these.
    """

    mean: np.ndarray
    triangles: np.ndarray
    part: np.ndarray
    modes: np.ndarray
    bound: float
    expression_names: tuple[str, ...]
    expressions: np.ndarray
    landmark_corners: np.ndarray
    landmark_weights: np.ndarray
    landmark_spread_mm: np.ndarray
    scalp: np.ndarray
    ears: np.ndarray
    neck: np.ndarray
    mirror: np.ndarray
    uv: np.ndarray
    uv_vertex: np.ndarray
    uv_triangles: np.ndarray

    @cached_property
    def skin_triangles(self) -> np.ndarray:
        """(S, 3) int32, the triangles of the skin."""
        return self.triangles[self.part[self.triangles[:, 0]] == Part.SKIN]

    @cached_property
    def subdivided_skin(self) -> tuple[sparse.csr_matrix, np.ndarray]:
        """(M, N) weights of the vertices of the skin subdivided once, and its triangles (4 S, 3)."""
        corners, triangles = np.unique(self.skin_triangles, return_inverse=True)
        weights, fine = loop_subdivision(triangles.reshape(-1, 3), 1)
        chosen = sparse.csr_matrix(
            (np.ones(len(corners)), (np.arange(len(corners)), corners)), (len(corners), len(self.mean))
        )
        return (weights @ chosen).tocsr(), fine

    def vertices(self, shape: np.ndarray, expression: np.ndarray) -> np.ndarray:
        """(N, 3) float32 mm in the head's frame, from coefficients (K,) and weights (E,); not to be written to."""
        return _vertices(self, shape.astype(np.float32).tobytes(), expression.astype(np.float32).tobytes())

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """(468, 3) the landmarks on vertices (N, 3) of any frame."""
        return np.einsum("lk,lkx->lx", self.landmark_weights, vertices[self.landmark_corners])


@lru_cache(maxsize=4)  # a job asks for the same head in many places
def _vertices(model: HeadModel, shape: bytes, expression: bytes) -> np.ndarray:
    """`HeadModel.vertices` of float32 numbers."""
    moved = np.tensordot(np.frombuffer(shape, np.float32), model.modes, 1)
    vertices = model.mean + moved + np.tensordot(np.frombuffer(expression, np.float32), model.expressions, 1)
    vertices.flags.writeable = False
    return vertices
