"""The face mesh: which landmarks make triangles, which mirror each other, lids over its holes, a smooth surface."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import sparse

from worker.person.landmarks import LANDMARKS

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class FaceMeshSettings:
    """How the smooth surface is made; set by hand, no data is recorded."""

    levels: int = 2  # of subdivision: each makes four triangles of one
    cornea_mm: float = 2.0  # how far the eyeball stands out between the lids


FACE_MESH = FaceMeshSettings()


@dataclass(frozen=True)
class FaceMesh:
    """A smooth closed surface through the landmarks.

    weights: (M, 470) sparse: smooth points = weights @ (468 landmarks, then the two corneas).
    triangles: (T, 3) int over the M smooth points.
    mirror: (468,) int, each landmark's mirror image.
    """

    weights: sparse.csr_matrix
    triangles: np.ndarray
    mirror: np.ndarray

    def smooth(self, points: np.ndarray, forward: np.ndarray) -> np.ndarray:
        """(M, 3) points of the smooth surface from (468, 3) landmarks in mm; `forward` (3,) is where the face looks."""
        corneas = [points[list(lids)].mean(0) + FACE_MESH.cornea_mm * forward for lids in LANDMARKS.lids]
        return self.weights @ np.vstack([points, *corneas])


@cache
def face_mesh() -> FaceMesh:
    """The mesh, made once: an eye is closed by a fan round its cornea, the mouth by a strip between the lips."""
    coarse = np.array(json.loads((DATA / "triangles.json").read_text()))
    mirror = np.array(json.loads((DATA / "mirror.json").read_text()))
    # Wound as the triangles round them: the rims of the two eyes run in opposite directions.
    rims = (LANDMARKS.right_eye_rim, LANDMARKS.left_eye_rim[::-1])
    eyes = [_fan(rim, LANDMARKS.count + i) for i, rim in enumerate(rims)]
    mouth = _strip(LANDMARKS.lower_lip, LANDMARKS.upper_lip)
    weights, triangles = loop_subdivision(np.vstack([coarse, *eyes, mouth]), FACE_MESH.levels)
    return FaceMesh(weights, triangles, mirror)


def _fan(rim: tuple[int, ...], middle: int) -> np.ndarray:
    """Triangles from a closed rim to one point."""
    return np.array([(a, b, middle) for a, b in zip(rim, rim[1:] + rim[:1], strict=True)])


def _strip(lower: tuple[int, ...], upper: tuple[int, ...]) -> np.ndarray:
    """Triangles between two lines that share their ends."""
    triangles = []
    for i in range(len(upper) - 1):
        triangles += [(lower[i], lower[i + 1], upper[i + 1]), (lower[i], upper[i + 1], upper[i])]
    return np.array([triangle for triangle in triangles if len(set(triangle)) == 3])


def loop_subdivision(triangles: np.ndarray, levels: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Loop's rules on a mesh with or without a border.

    Args:
        triangles: (T, 3) int over N points, consistently wound.
        levels: each makes four triangles of one.
    Returns:
        (M, N) weights: fine points = weights @ coarse points; the first N of them belong to the coarse points.
        (T * 4**levels, 3) int triangles over the M points.
    Source: Loop, Smooth Subdivision Surfaces Based on Triangles, 1987; Warren's weights; border: cubic B-spline.
    """
    count = int(triangles.max()) + 1
    weights = sparse.identity(count, format="csr")
    for _ in range(levels):
        step, triangles = _loop_once(triangles, weights.shape[0])
        weights = (step @ weights).tocsr()
    return weights, triangles


def _loop_once(triangles: np.ndarray, count: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """One level: (count + E, count) weights and the finer triangles."""
    halves = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    opposite = np.concatenate([triangles[:, 2], triangles[:, 0], triangles[:, 1]])
    edges, edge_of_half = np.unique(np.sort(halves, axis=1), axis=0, return_inverse=True)
    edge_of_half = edge_of_half.ravel()
    border = np.bincount(edge_of_half) == 1
    odd = _odd_points(edges, opposite, edge_of_half, border, count)
    even = _even_points(edges, border, count)
    middle = edge_of_half.reshape(3, -1).T + count  # (T, 3): of edges 01, 12, 20
    (a, b, c), (ab, bc, ca) = triangles.T, middle.T
    finer = [np.column_stack(corner) for corner in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return sparse.vstack([even, odd]).tocsr(), np.vstack(finer)


def _odd_points(
    edges: np.ndarray, opposite: np.ndarray, edge_of_half: np.ndarray, border: np.ndarray, count: int
) -> sparse.csr_matrix:
    """(E, count) weights of the new points on the edges: 3/8 and 1/8, or the middle on the border."""
    own = np.where(border, 0.5, 0.375)
    rows = np.concatenate([np.repeat(np.arange(len(edges)), 2), edge_of_half])
    columns = np.concatenate([edges.ravel(), opposite])
    values = np.concatenate([np.repeat(own, 2), np.where(border[edge_of_half], 0, 0.125)])
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(edges), count))


def _even_points(edges: np.ndarray, border: np.ndarray, count: int) -> sparse.csr_matrix:
    """(count, count) weights of the old points: Warren's inside, 1/8 3/4 1/8 along the border."""
    on_border = np.zeros(count, bool)
    on_border[edges[border].ravel()] = True
    both = np.vstack([edges, edges[:, ::-1]])
    along = np.concatenate([border, border])
    degree = np.bincount(both[:, 0], minlength=count)
    share = np.where(degree == 3, 3 / 16, 3 / (8 * np.maximum(degree, 1)))
    row, column = both.T
    inside = ~on_border[row]
    values = np.where(inside, share[row], np.where(along, 0.125, 0.0))
    neighbours = sparse.csr_matrix((values, (row, column)), shape=(count, count))
    own = np.where(on_border, 0.75, 1 - share * degree)
    return neighbours + sparse.diags(own)
