"""All vertices of the head model from those of a deformed base mesh: skin, eyes, teeth, tongue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.head.model.build.ball import Shape
from worker.head.model.build.cut import cut_skin, triangulated
from worker.head.model.build.eyeball import eyeball
from worker.head.model.build.source import Base, Source
from worker.head.model.build.teeth import gums, teeth
from worker.head.model.head_model import Part


@dataclass(frozen=True)
class Rider:
    """A shape that moves with some vertices of the base mesh.

    vertices: (V,) int of the base mesh; shape: the form that goes with them as they are in the neutral base mesh.
    rigid: it turns, shifts and grows but keeps its form.
    """

    vertices: np.ndarray
    shape: Shape
    rigid: bool
    part: Part


class Form:
    """The head model's vertices and triangles; N vertices in all, skin first."""

    def __init__(self, source: Source, average: np.ndarray) -> None:
        """Cut the skin of an average person (19158, 3) dm."""
        base = source.base
        self.base, self.skin = base, cut_skin(source, average)
        self.riders = _riders(base)
        self.tongue_vertices = np.unique(base.quads["helper-tongue"])
        tongue, _ = triangulated(base.quads["helper-tongue"], base.vertices, source.mirror)
        pieces = [self.skin.triangles, *(rider.shape.triangles for rider in self.riders)]
        pieces.append(np.searchsorted(self.tongue_vertices, tongue))
        counts = [
            self.skin.mix.shape[0],
            *(len(rider.shape.points) for rider in self.riders),
            len(self.tongue_vertices),
        ]
        parts = [Part.SKIN, *(rider.part for rider in self.riders), Part.TONGUE]
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self.triangles = np.concatenate([t + start for t, start in zip(pieces, self.starts, strict=False)])
        self.part = np.repeat(np.array(parts, np.uint8), counts)

    def of(self, vertices: np.ndarray) -> np.ndarray:
        """(N, 3) dm from the base mesh's vertices (19158, 3) dm."""
        ridden = [self._ridden(rider, vertices) for rider in self.riders]
        return np.concatenate([self.skin.mix @ vertices, *ridden, vertices[self.tongue_vertices]])

    def scalar_of(self, values: np.ndarray) -> np.ndarray:
        """(N,) from a value of each vertex of the base mesh; a rider takes the mean of its vertices."""
        means = [np.full(len(rider.shape.points), values[rider.vertices].mean()) for rider in self.riders]
        return np.concatenate([self.skin.mix @ values, *means, values[self.tongue_vertices]])

    def _ridden(self, rider: Rider, vertices: np.ndarray) -> np.ndarray:
        """A rider's points, moved as its vertices have."""
        before, after = self.base.vertices[rider.vertices], vertices[rider.vertices]
        old, new = before.mean(0), after.mean(0)
        fit = similarity if rider.rigid else affinity
        return (rider.shape.points - old) @ fit(before - old, after - new) + new


def similarity(before: np.ndarray, after: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """(3, 3) scaled rotation R with before @ R near after; both (V, 3) about their middles. Source: Umeyama, 1991."""
    weighted = before if weights is None else before * weights[:, None]
    left, values, right = np.linalg.svd(weighted.T @ after)
    signs = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    return np.asarray((left * signs) @ right * (values @ signs) / (weighted * before).sum())


def affinity(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(3, 3) M with before @ M nearest to after."""
    return np.asarray(np.linalg.lstsq(before, after, rcond=None)[0])


def _riders(base: Base) -> list[Rider]:
    """Eyes, teeth and gums, each first on the right or above."""
    sides, rows = ("helper-r-eye", "helper-l-eye"), ("helper-upper-teeth", "helper-lower-teeth")
    where = {name: np.unique(base.quads[name]) for name in (*sides, *rows)}
    eyes = [Rider(where[name], eyeball(base.vertices[where[name]]), True, Part.EYES) for name in sides]
    crowns = [Rider(where[name], teeth(base.vertices, name), False, Part.TEETH) for name in rows]
    return eyes + crowns + [Rider(where[name], gums(base.vertices, name), False, Part.TONGUE) for name in rows]
