"""The mean head and the modes of its shape, in the head's own frame, from random people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from worker.geometry.fuse.sight import smooth_step
from worker.head.model.build.form import Form, similarity
from worker.head.model.build.masks import ears_of
from worker.head.model.build.people import PEOPLE, People
from worker.head.model.build.source import Source
from worker.head.model.head_model import Part


@dataclass(frozen=True)
class ModeSettings:
    """What of the people becomes the model."""

    pupils_mm: float = 63.0  # apart, in the mean; Dodgson, 2004: mean of adults
    symmetric: int = 50
    lopsided: int = 10  # modes that differ between left and right
    trunk: float = 0.15  # weight of neck and shoulders against the head
    squeeze: float = 0.11  # of what lies behind the ears' front: 194 mm from glabella to occiput (ANSUR) instead of 206
    squeeze_ramp_mm: float = 20.0
    widen: float = 0.02  # of the skull: 154 mm broad, between ANSUR's 152 and the 158 of the rendered heads h0 to h7
    widen_mm: tuple[float, float] = (15.0, 75.0)  # behind the pupils: none, all
    ear: float = 0.5  # what is ear to more than that


MODES = ModeSettings()


@dataclass(frozen=True)
class Frame:
    """From decimetres to the head's frame: x from its right to its left, y down, z back; mm.

    mm: of one dm; origin: the middle between the pupils in dm.
    """

    mm: float
    origin: np.ndarray

    def of(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) of dm in mm."""
        return (points - self.origin) * [self.mm, -self.mm, -self.mm]

    def directions(self, offsets: np.ndarray) -> np.ndarray:
        """Offsets (..., 3) of dm in mm."""
        return offsets * [self.mm, -self.mm, -self.mm]


class Heads:
    """The average head, and heads of random people aligned to it."""

    def __init__(self, source: Source, people: People, form: Form) -> None:
        self.form, self._people = form, people
        self.head = np.clip(form.scalar_of(source.rig_weight(*HEAD_BONES)), 0, 1)
        self.average = form.of(people.average())
        pupils = pupils_of(form, self.average)
        self.frame = Frame(MODES.pupils_mm / float(pupils[1, 0] - pupils[0, 0]), pupils.mean(0))
        self.mirror = mirror_of(self.average)
        self._fixed = self.head * (form.part == Part.SKIN) > 0.99
        self._ears = ears_of(source, form)
        self._ears_front = float(self.frame.of(self.average)[self._ears > MODES.ear, 2].min())

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """(P, N, 3) mm heads of the average's size, and (P,) how much of a child each is."""
        random = np.random.default_rng(PEOPLE.seed)
        child = np.where(random.random(PEOPLE.count) < PEOPLE.child, random.random(PEOPLE.count), 0)
        return np.stack([self._aligned(self._people.draw(random, part)) for part in child]), child

    def proportioned(self, heads: np.ndarray) -> np.ndarray:
        """Heads (..., N, 3) mm, shorter behind the ears' front, with a broader skull: MakeHuman's are narrow."""
        behind = heads[..., 2] - self._ears_front
        low, high = MODES.widen_mm
        wider = MODES.widen * self.head * smooth_step(heads[..., 2], low, high - low)
        moved = heads.copy()
        shorter = MODES.squeeze * self.head * (1 - self._ears) * smooth_step(behind, 0.0, MODES.squeeze_ramp_mm)
        moved[..., 2] -= shorter * behind
        moved[..., 0] *= 1 + wider
        return moved

    def sized(self, heads: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Heads (..., N, 3) with the size and place that bring the mean's (N, 3) pupils where they belong."""
        right, left = pupils_of(self.form, mean)
        return np.asarray((heads - (right + left) / 2) * (MODES.pupils_mm / (left[0] - right[0])))

    def _aligned(self, person: np.ndarray) -> np.ndarray:
        head = self.form.of(person)
        old, new = head[self._fixed].mean(0), self.average[self._fixed].mean(0)
        turn = similarity(head[self._fixed] - old, self.average[self._fixed] - new)
        return self.frame.of((head - old) @ turn + new).astype(np.float32)


HEAD_BONES = (
    "head", "jaw", "oris", "oculi", "orbicularis", "levator", "risorius", "temporalis", "special", "eye", "tongue"
)  # fmt: skip


def pupils_of(form: Form, vertices: np.ndarray) -> np.ndarray:
    """(2, 3) the pupils of the right and the left eye: the first vertex of each eyeball."""
    return vertices[form.starts[1:3]]


def mirror_of(vertices: np.ndarray) -> np.ndarray:
    """(N,) each vertex's mirror image; of vertices (N, 3) that are symmetric."""
    distance, mirror = cKDTree(vertices).query(vertices * [-1, 1, 1])
    if distance.max() > 1e-6:
        raise ValueError(f"the head is not symmetric: a vertex is {distance.max():.3g} dm off its mirror image")
    return np.asarray(mirror)


def modes_of(heads: np.ndarray, mean: np.ndarray, mirror: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(K, N, 3) principal modes of heads (P, N, 3) about the mean, one standard deviation each; symmetric ones first.

    Args:
        weights: (N,) how much a vertex counts.
    """
    offsets = heads - mean
    mirrored = offsets[:, mirror] * np.array([-1, 1, 1], np.float32)
    halves = ((offsets + mirrored) / 2, MODES.symmetric), ((offsets - mirrored) / 2, MODES.lopsided)
    return np.concatenate([_principal(half, weights, count) for half, count in halves])


def _principal(offsets: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """(count, N, 3) of offsets (P, N, 3)."""
    people = len(offsets)
    weighted = (offsets * np.sqrt(weights)[:, None].astype(np.float32)).reshape(people, -1)
    _, vectors = np.linalg.eigh((weighted @ weighted.T).astype(float))
    scores = vectors[:, ::-1][:, :count] * np.sqrt(people)  # (P, count) of unit variance
    return np.einsum("pk,pnx->knx", scores / people, offsets)
