"""Eyeballs and rows of teeth, made anew: those of the base mesh are too coarse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.head.model.build.source import Base


@dataclass(frozen=True)
class ShapeSettings:
    """Set by eye on the mean head."""

    meridians: int = 20  # of an eyeball
    rings: int = 12
    eye_size: float = 0.86  # of the base mesh's eyeball, whose lids are made for a large one
    cornea: float = 0.045  # how far it stands out of the eyeball, as a share of the radius
    cornea_deg: float = 28.0  # of half its angle
    tooth_depth_dm: float = 0.055
    tooth_columns: int = 4  # of vertices for each tooth
    tooth_rows: int = 4


SHAPES = ShapeSettings()


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


def eyeball(vertices: np.ndarray) -> Shape:
    """A sphere that looks forward, its front where the base mesh's eyeball (72, 3) has it; poles before and behind.

    In its layout the pupil is in the middle of the square, and the distance from it is the angle.
    """
    low, high = vertices.min(0), vertices.max(0)
    radius = SHAPES.eye_size * (high - low)[0] / 2
    middle = (low + high) / 2
    middle[2] = high[2] - radius
    angle = np.pi * np.arange(SHAPES.rings + 1) / SHAPES.rings  # from the pupil
    angle = np.pi * (angle / np.pi) ** 1.25  # finer at the iris
    turn = 2 * np.pi * np.arange(SHAPES.meridians) / SHAPES.meridians
    inner = angle[1:-1, None]
    bulge = 1 + SHAPES.cornea * np.clip(1 - (inner / np.radians(SHAPES.cornea_deg)) ** 2, 0, None)
    rings = np.stack(
        np.broadcast_arrays(
            bulge * np.sin(inner) * np.cos(turn), bulge * np.sin(inner) * np.sin(turn), bulge * np.cos(inner)
        ),
        -1,
    )
    points = np.concatenate([[[0, 0, 1 + SHAPES.cornea]], rings.reshape(-1, 3), [[0, 0, -1]]])
    triangles = _ball_triangles(len(inner), SHAPES.meridians)
    return Shape(points * radius + middle, triangles, *_ball_layout(points, angle, triangles))


def _ball_triangles(rings: int, meridians: int) -> np.ndarray:
    """(T, 3) of a front pole, rings from front to back, and a back pole; wound outward where x goes to y about z."""
    index = 1 + np.arange(rings * meridians).reshape(rings, meridians)
    after = np.roll(index, -1, 1)
    last = np.full(meridians, 1 + rings * meridians)
    front = np.stack([np.zeros(meridians, int), index[0], after[0]], 1)
    back = np.stack([last, after[-1], index[-1]], 1)
    a, b, c, d = (part.ravel() for part in (index[:-1], index[1:], after[1:], after[:-1]))
    return np.concatenate([front, np.stack([a, b, c], 1), np.stack([a, c, d], 1), back])


def _ball_layout(points: np.ndarray, angle: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, ...]:
    """The layout of an eyeball: the back pole stands once for each of its triangles, on the rim."""
    meridians, last = SHAPES.meridians, len(points) - 1
    turn = np.arctan2(points[:, 1], points[:, 0])
    from_front = np.concatenate([[0], np.repeat(angle[1:-1], meridians), [np.pi]])
    uv = 0.5 + 0.5 * (from_front / np.pi)[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)
    middle = turn[triangles[-meridians:, 2]] + np.pi / meridians
    poles = 0.5 + 0.5 * np.stack([np.cos(middle), np.sin(middle)], 1)
    uv_triangles = triangles.copy()
    uv_triangles[-meridians:, 0] = last + np.arange(meridians)
    return np.concatenate([uv[:-1], poles]), np.append(np.arange(last), np.full(meridians, last)), uv_triangles


def teeth(base: Base, name: str) -> Shape:
    """A row of teeth as a closed band: the base mesh's surface, front and biting edge, with a back and a closed top."""
    vertices = np.unique(base.quads[name])
    quads = np.searchsorted(vertices, base.quads[name])
    front = base.vertices[vertices]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    known = {tuple(edge) for edge in edges.tolist()}
    border = np.array([edge for edge in edges.tolist() if (edge[1], edge[0]) not in known])
    count = len(front)
    back = front - np.array([0, 0, SHAPES.tooth_depth_dm])
    sides = np.concatenate(
        [
            np.stack([border[:, 1], border[:, 0], border[:, 0] + count], 1),
            np.stack([border[:, 1], border[:, 0] + count, border[:, 1] + count], 1),
        ]
    )
    closed = np.concatenate([triangles, triangles[:, ::-1] + count, sides])
    points = np.concatenate([front, back])
    low, high = points.min(0), points.max(0)
    uv = ((points - low) / (high - low))[:, :2]
    return Shape(points, closed, uv, np.arange(len(points)), closed)
