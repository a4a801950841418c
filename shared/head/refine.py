"""More vertices where a texture shows what colours at the vertices of a mesh cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.head.head import HeadPart, Morph
from shared.head.weld import numbered


@dataclass(frozen=True)
class RefineSettings:
    """Which edges get a vertex in their middle; chosen by eye on photos."""

    rounds: int = 3
    difference: float = 14.0  # of 255: between the texture there and the mean of the ends' colours, in one channel
    shortest_mm: float = 1.6


REFINE = RefineSettings()


def refined(part: HeadPart, most_vertices: int) -> HeadPart:
    """The part with vertices in the middle of edges on which the texture changes, up to so many; its shape stays.

    Where there is not room for all, long edges with much difference go first.
    """
    whole, older = 0, 0  # of its triangles and vertices: after a round only what is new can be worth more
    for _ in range(REFINE.rounds if part.texture.size else 0):
        room = most_vertices - len(part.vertices)
        if room <= 0:
            break
        edges, sides = _edges(part.triangles[whole:])
        worth = _worth(part, edges, _new(edges, older) if older else _once(part, edges))
        chosen = worth > 0
        if not chosen.any():
            break
        if chosen.sum() > room:
            chosen = worth > np.partition(worth, -room)[-room]
        older = len(part.vertices)
        part, whole = _split(part, whole, edges, sides, chosen)
    return part


def _edges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each edge (E, 2) once, and those of each triangle (T, 3): from its first corner to the second, and on."""
    pairs = np.stack([triangles, np.roll(triangles, -1, axis=1)], -1)
    _, first, sides = np.unique(_keys(pairs.reshape(-1, 2)), return_index=True, return_inverse=True)
    return pairs.reshape(-1, 2)[first], sides.reshape(-1, 3)


def _keys(pairs: np.ndarray) -> np.ndarray:
    """(N,) a number for each pair (N, 2), the same whichever comes first."""
    one, other = pairs.T.astype(np.int64)
    return np.minimum(one, other) << 32 | np.maximum(one, other)


def _once(part: HeadPart, edges: np.ndarray) -> np.ndarray:
    """(E,) bool, edges that are not on the texture's seams, where they stand twice; beside them a texture is empty."""
    keys = _keys(numbered(part.vertices.view(np.uint32))[edges])
    _, same, count = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(count[same] == 1)


def _new(edges: np.ndarray, older: int) -> np.ndarray:
    """(E,) bool, edges with an end that is none of the first `older` vertices."""
    return np.asarray((edges >= older).any(axis=1))


def _worth(part: HeadPart, edges: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """(E,) how much a vertex in the middle of each edge is worth; nothing where it is not usable (E,)."""
    worth = np.zeros(len(edges))
    length = np.linalg.norm(part.vertices[edges[:, 1]] - part.vertices[edges[:, 0]], axis=1)
    at = np.flatnonzero(usable & (length > REFINE.shortest_mm))
    wanted = _sampled(part.texture, part.uv[edges[at]].mean(axis=1))
    difference = np.abs(wanted - part.rgb[edges[at]].astype(np.float32).mean(axis=1)).max(axis=1)
    worth[at] = np.where(difference > REFINE.difference, difference * length[at], 0)
    return worth


def _split(
    part: HeadPart, whole: int, edges: np.ndarray, sides: np.ndarray, chosen: np.ndarray
) -> tuple[HeadPart, int]:
    """The part with a vertex in the middle of each chosen edge, and how many of its triangles are not new.

    The first `whole` triangles have none of the edges; the others have the sides (T, 3).
    """
    ends = edges[chosen]
    middle = np.full(len(edges), -1, np.int32)
    middle[chosen] = len(part.vertices) + np.arange(len(ends))
    uv, middles = part.uv[ends].mean(axis=1), middle[sides]
    split = replace(
        part,
        vertices=np.concatenate([part.vertices, part.vertices[ends].mean(axis=1)]),
        triangles=np.concatenate([part.triangles[:whole], _split_triangles(part.triangles[whole:], middles)]),
        uv=np.concatenate([part.uv, uv]),
        rgb=np.concatenate([part.rgb, np.rint(_sampled(part.texture, uv)).astype(np.uint8)]),
        morphs={name: _split_morph(morph, ends, len(part.vertices)) for name, morph in part.morphs.items()},
    )
    return split, whole + int((middles < 0).all(axis=1).sum())


def _split_triangles(corners: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Triangles (T, 3) with the new vertices (T, 3) of their sides, -1 where there is none, as more triangles."""
    counts = (middles >= 0).sum(axis=1)
    parts = [corners[counts == 0]]
    for count in (1, 2, 3):
        some = np.flatnonzero(counts == count)
        lone = (middles[some] >= 0) if count == 1 else (middles[some] < 0)  # the side that differs from the others
        turned = (np.argmax(lone, axis=1)[:, None] + np.arange(3)) % 3
        a, b, c = np.take_along_axis(corners[some], turned, 1).T
        ab, bc, ca = np.take_along_axis(middles[some], turned, 1).T
        new = {
            1: [(a, ab, c), (ab, b, c)],
            2: [(a, b, ca), (b, bc, ca), (bc, c, ca)],
            3: [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)],
        }[count]
        parts += [np.stack(each, 1) for each in new]
    return np.concatenate(parts).astype(np.int32)


def _split_morph(morph: Morph, ends: np.ndarray, count: int) -> Morph:
    """The morph of `count` vertices, and of those in the middle between ends (E, 2)."""
    offsets = np.zeros((count, 3), np.float32)
    offsets[morph.indices] = morph.offsets_mm
    between = offsets[ends].mean(axis=1)
    moves = np.flatnonzero(between.any(axis=1))
    indices = np.concatenate([morph.indices, count + moves]).astype(np.int32)
    return Morph(indices, np.concatenate([morph.offsets_mm, between[moves]]).astype(np.float32))


def _sampled(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(N, 3) float32, a texture's colours at places (N, 2) between its pixels."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5
    left, top = (np.clip(np.floor(at), 0, size - 2).astype(int) for at, size in ((x, width), (y, height)))
    across, down = (np.clip(at - low, 0, 1)[:, None] for at, low in ((x, left), (y, top)))
    above = texture[top, left] * (1 - across) + texture[top, left + 1] * across
    below = texture[top + 1, left] * (1 - across) + texture[top + 1, left + 1] * across
    return (above * (1 - down) + below * down).astype(np.float32)
