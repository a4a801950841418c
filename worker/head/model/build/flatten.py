"""The skin laid flat in a square, cut open down the back of the head, without folds.

Source: mean value coordinates, Floater, 2003, on a convex boundary, so that no triangle folds over; then weights that
even out the stretch, Yoshizawa et al., A fast and simple stretch-minimizing mesh parameterization, 2004.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve


@dataclass(frozen=True)
class FlattenSettings:
    """Set by eye on a checkerboard."""

    rounds: int = 10  # of evening out
    power: float = 0.5  # of the stretch in a round
    crown_mm: float = 60.0  # behind the pupils, where the seam begins
    corner_mm: float = 20.0  # above the pupils, where the seam turns from the upper edge to the sides
    face_finer: float = 2.0  # than the rest of the head, each way
    trunk_coarser: float = 0.45
    face_deg: tuple[float, float] = (45.0, 80.0)  # from the front round the head's axis: all face, none
    axis_mm: float = 85.0  # of that axis behind the pupils


FLATTEN = FlattenSettings()


@dataclass(frozen=True)
class Chart:
    """A piece of the layout in its own square: uv (m, 2), vertex (m,) of the model, triangles (t, 3) over m."""

    uv: np.ndarray
    vertex: np.ndarray
    triangles: np.ndarray


def flattened(mean: np.ndarray, triangles: np.ndarray, head: np.ndarray) -> Chart:
    """Lay triangles (t, 3) of the mean head (N, 3) mm flat; the eyes and the mouth are holes in them.

    Args:
        head: (N,) 0 to 1, how much a vertex belongs to the head rather than the trunk.
    """
    used, local = np.unique(triangles, return_inverse=True)
    points, local = mean[used], local.reshape(-1, 3)
    finer = _finer(points, head[used])
    seam = _seam(points, local)
    opened, vertex = _opened(points, local, seam)
    boundary, at = _square(points[vertex], opened, seam, len(points))
    loops = [loop for loop in _border_loops(opened) if loop[0] not in set(boundary.tolist())]
    closed, scaled = _without_holes(opened, points[vertex], loops)
    finer = np.concatenate([finer[vertex], [finer[vertex][loop].mean() for loop in loops]])
    uv = _evened(scaled, closed, finer, boundary, at)
    return Chart(uv[: len(vertex)], used[vertex], opened)


def _finer(points: np.ndarray, head: np.ndarray) -> np.ndarray:
    """(n,) how much larger than in life each place is drawn."""
    angle = np.degrees(np.arctan2(np.hypot(points[:, 0], 0.6 * points[:, 1]), FLATTEN.axis_mm - points[:, 2]))
    low, high = FLATTEN.face_deg
    face = 1 - np.clip((angle - low) / (high - low), 0, 1)
    on_head = 1 + (FLATTEN.face_finer - 1) * face
    return head * on_head + (1 - head) * FLATTEN.trunk_coarser


def _seam(points: np.ndarray, triangles: np.ndarray) -> list[int]:
    """Vertices along the middle of the back, from the crown down to the rim."""
    edges = np.unique(np.sort(np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)]), 1), axis=0)
    middle = np.abs(points[:, 0]) < 1e-4
    along = edges[middle[edges].all(1)]
    after: dict[int, list[int]] = {}
    for a, b in along.tolist():
        after.setdefault(a, []).append(b)
        after.setdefault(b, []).append(a)
    upper = np.flatnonzero(middle & (points[:, 1] < -60))
    path = [int(upper[np.argmin(np.abs(points[upper, 2] - FLATTEN.crown_mm))])]
    path.append(max(after[path[0]], key=lambda index: points[index, 2]))
    while onward := [index for index in after[path[-1]] if index not in path]:
        path.append(max(onward, key=lambda index: points[index, 2]))
    return path


def _opened(points: np.ndarray, triangles: np.ndarray, seam: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Triangles whose right side has its own copies of the seam; and which of the n vertices each one is."""
    copy = np.arange(len(points))
    copy[seam[1:]] = len(points) + np.arange(len(seam) - 1)
    right = points[triangles].mean(1)[:, 0] < 0
    opened = np.where(right[:, None], copy[triangles], triangles)
    return opened, np.concatenate([np.arange(len(points)), seam[1:]])


def _border_loops(triangles: np.ndarray) -> list[list[int]]:
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    known = set(map(tuple, edges.tolist()))
    after = {a: b for a, b in known if (b, a) not in known}
    loops = []
    while after:
        loop = [next(iter(after))]
        while (onward := after.pop(loop[-1])) != loop[0]:
            loop.append(onward)
        loops.append(loop)
    return loops


def _square(points: np.ndarray, opened: np.ndarray, seam: list[int], count: int) -> tuple[np.ndarray, np.ndarray]:
    """The border's vertices, in order, and where each lies on the square (b, 2)."""
    left = seam  # the head's left side is on the right in the layout
    right = [seam[0], *range(count, count + len(seam) - 1)]
    rim = next(loop for loop in _border_loops(opened) if seam[0] in loop)
    corner = next(i for i, index in enumerate(seam) if points[index, 1] > -FLATTEN.corner_mm and points[index, 2] > 90)
    start = rim.index(left[-1])
    around = rim[start:] + rim[:start]
    end = around.index(right[-1])
    if seam[-2] in around[: end + 1]:  # it runs the other way
        around = around[:1] + around[:0:-1]
        end = around.index(right[-1])
    pieces = [
        (left[: corner + 1], (0.5, 1.0), (1.0, 1.0)),
        (left[corner:], (1.0, 1.0), (1.0, 0.0)),
        (around[: end + 1], (1.0, 0.0), (0.0, 0.0)),
        (right[corner:][::-1], (0.0, 0.0), (0.0, 1.0)),
        (right[: corner + 1][::-1], (0.0, 1.0), (0.5, 1.0)),
    ]
    order, places = [], []
    for piece, first, last in pieces:
        steps = np.linalg.norm(np.diff(points[piece], axis=0), axis=1)
        share = np.concatenate([[0], np.cumsum(steps)]) / steps.sum()
        order += piece[:-1]
        places.append((np.outer(1 - share, first) + np.outer(share, last))[:-1])
    return np.array(order), np.concatenate(places)


def _without_holes(triangles: np.ndarray, points: np.ndarray, loops: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Each hole closed by a fan round a new vertex in its middle."""
    fans = [
        [[b, a, len(points) + i] for a, b in zip(loop, loop[1:] + loop[:1], strict=True)]
        for i, loop in enumerate(loops)
    ]
    middles = [points[loop].mean(0) for loop in loops]
    return np.concatenate([triangles, *(np.array(fan) for fan in fans)]), np.vstack([points, *middles])


def _evened(
    points: np.ndarray, triangles: np.ndarray, finer: np.ndarray, boundary: np.ndarray, at: np.ndarray
) -> np.ndarray:
    """(m, 2) in the unit square, the least stretched that was found."""
    weights = _mean_value_weights(points, triangles)
    best, least = np.empty(0), np.inf
    for _ in range(FLATTEN.rounds):
        uv = _solved(weights, boundary, at)
        stretch, overall = _stretch(points, triangles, uv, finer)
        if overall < least:
            best, least = uv, overall
        weights = weights @ sparse.diags(stretch**-FLATTEN.power)
    return best


def _solved(weights: sparse.csr_matrix, boundary: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Every vertex but those of the boundary at the weighted mean of its neighbours."""
    count = weights.shape[0]
    total = np.asarray(weights.sum(1)).ravel()
    system = sparse.diags(1 / total) @ weights - sparse.identity(count)
    inner = np.setdiff1d(np.arange(count), boundary)
    uv = np.zeros((count, 2))
    uv[boundary] = at
    right = -(system[inner] @ uv)
    uv[inner] = spsolve(system[inner][:, inner].tocsc(), right)
    return uv


def _mean_value_weights(points: np.ndarray, triangles: np.ndarray) -> sparse.csr_matrix:
    """(m, m), row i: tangents of half the angles beside the edge from i to j, over its length."""
    count = len(points)
    weights = sparse.csr_matrix((count, count))
    for k in range(3):
        i, j, h = triangles[:, k], triangles[:, (k + 1) % 3], triangles[:, (k + 2) % 3]
        a, b = points[j] - points[i], points[h] - points[i]
        lengths = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
        cos = np.clip((a * b).sum(1) / (lengths[0] * lengths[1]), -1, 1)
        tangent = np.tan(np.arccos(cos) / 2)
        for end, length in zip((j, h), lengths, strict=True):
            weights = weights + sparse.csr_matrix((tangent / length, (i, end)), (count, count))
    return weights


def _stretch(points: np.ndarray, triangles: np.ndarray, uv: np.ndarray, finer: np.ndarray) -> tuple[np.ndarray, float]:
    """(m,) how much each vertex's triangles are stretched from layout to life, over what is wished; and overall.

    Source: Sander et al., Texture mapping progressive meshes, 2001.
    """
    q, p = points[triangles], uv[triangles]
    area = _doubled_area(p) / 2
    s = [np.einsum("t,tx->tx", p[:, (k + 1) % 3, 1] - p[:, (k + 2) % 3, 1], q[:, k]) for k in range(3)]
    t = [np.einsum("t,tx->tx", p[:, (k + 2) % 3, 0] - p[:, (k + 1) % 3, 0], q[:, k]) for k in range(3)]
    du, dv = sum(s) / (2 * area)[:, None], sum(t) / (2 * area)[:, None]
    wished = finer[triangles].mean(1)
    squared = ((du**2).sum(1) + (dv**2).sum(1)) / 2 * wished**2
    in_life = np.linalg.norm(np.cross(q[:, 1] - q[:, 0], q[:, 2] - q[:, 0]), axis=1)
    mass = np.repeat(in_life, 3)
    of_vertex = np.bincount(triangles.ravel(), np.repeat(squared, 3) * mass) / np.bincount(triangles.ravel(), mass)
    root = np.sqrt(of_vertex)
    return root / np.sqrt((squared * in_life).sum() / in_life.sum()), float(np.sqrt((squared * in_life).sum()))


def _doubled_area(p: np.ndarray) -> np.ndarray:
    a, b = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
