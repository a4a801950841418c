"""Closed meshes with the topology of a ball: a front pole, rings of vertices, a back pole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shape:
    """A closed mesh: points (N, 3) dm in the neutral base mesh, triangles (T, 3), wound outward.

    uv: (M, 2) in its own square; uv_point: (M,) the point of each; uv_triangles: (T, 3) over M.
    """

    points: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    uv_point: np.ndarray
    uv_triangles: np.ndarray


def ball(front: np.ndarray, rings: np.ndarray, back: np.ndarray, radii: np.ndarray) -> Shape:
    """A ball of rings (R, K, 3) between its poles front (3,) and back (3,).

    The rings may run either way round. In the layout the front pole is in the middle of the square, each ring on a
    circle, radii (R,) from 0 to 1, and the back pole, once for each of its triangles, on the rim.
    """
    count, around = rings.shape[:2]
    rings = rings if _runs_left(rings) else rings[:, ::-1]
    points = np.concatenate([front[None], rings.reshape(-1, 3), back[None]])
    triangles = _triangles(count, around)
    turn = 2 * np.pi * np.arange(around) / around
    circles = radii[:, None, None] * _circle(turn)
    uv = np.concatenate([np.zeros((1, 2)), circles.reshape(-1, 2), _circle(turn + np.pi / around)])
    last = len(points) - 1
    uv_triangles = triangles.copy()
    uv_triangles[-around:, 0] = last + np.arange(around)
    uv_point = np.append(np.arange(last), np.full(around, last))
    return Shape(points, triangles, 0.5 + 0.5 * uv, uv_point, uv_triangles)


def gathered(shapes: list[Shape], columns: int, rows: int) -> Shape:
    """Several shapes as one, their layouts side by side in a grid, row after row."""
    places = [np.array([i % columns, i // columns]) for i in range(len(shapes))]
    uv = [(place + 0.03 + 0.94 * shape.uv) / [columns, rows] for shape, place in zip(shapes, places, strict=True)]
    starts = np.cumsum([0] + [len(shape.points) for shape in shapes])
    uv_starts = np.cumsum([0] + [len(shape.uv) for shape in shapes])
    return Shape(
        np.concatenate([shape.points for shape in shapes]),
        np.concatenate([shape.triangles + start for shape, start in zip(shapes, starts, strict=False)]),
        np.concatenate(uv),
        np.concatenate([shape.uv_point + start for shape, start in zip(shapes, starts, strict=False)]),
        np.concatenate([shape.uv_triangles + start for shape, start in zip(shapes, uv_starts, strict=False)]),
    )


def _runs_left(rings: np.ndarray) -> bool:
    """Whether, seen from before the front pole, the rings run counterclockwise."""
    middle = rings[len(rings) // 2] - rings[len(rings) // 2].mean(0)
    turning = np.cross(middle, np.roll(middle, -1, 0)).sum(0)
    before = rings[len(rings) // 2 - 1].mean(0) - rings[len(rings) // 2].mean(0)
    return bool(turning @ before > 0)


def _circle(turn: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(turn), np.sin(turn)], -1)


def _triangles(rings: int, around: int) -> np.ndarray:
    """(T, 3); the last ones are those of the back pole, which is their first corner."""
    index = 1 + np.arange(rings * around).reshape(rings, around)
    after = np.roll(index, -1, 1)
    last = np.full(around, 1 + rings * around)
    front = np.stack([np.zeros(around, int), index[0], after[0]], 1)
    back = np.stack([last, after[-1], index[-1]], 1)
    a, b, c, d = (part.ravel() for part in (index[:-1], index[1:], after[1:], after[:-1]))
    return np.concatenate([front, np.stack([a, b, c], 1), np.stack([a, c, d], 1), back])
