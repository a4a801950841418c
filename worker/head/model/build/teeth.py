"""Teeth and gums, made anew along the base mesh's rows of teeth, which are plain bands."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from worker.head.model.build.ball import Shape, ball, gathered


@dataclass(frozen=True)
class Row:
    """A row of teeth; vertices of the base mesh's band, from the middle to the left end.

    edge: along the biting edge; gum: along the far border. shift_dm: y, z, so that the upper row stands before the
    lower one. widths_mm: of the crowns from the middle to the end (Wheeler's Dental Anatomy), scaled to the arch.
    crown: share of the band that is no gum.
    """

    edge: tuple[int, ...]
    gum: tuple[int, ...]
    shift_dm: tuple[float, float]
    widths_mm: tuple[float, ...]
    crown: float


@dataclass(frozen=True)
class TeethSettings:
    """Forms of the crowns: of their rings from the biting edge to the gum; by eye."""

    heights: tuple[float, ...] = (0.0, 0.12, 0.5, 0.85, 1.1)  # of the crown
    widths: tuple[float, ...] = (0.66, 0.93, 1.0, 0.92, 0.7)  # of the tooth
    depths: tuple[float, ...] = (0.35, 0.6, 0.9, 1.0, 0.8)  # of its depth
    narrower: float = 0.87  # than the base mesh's arch: 58 mm over the molars, not 66
    shorter: float = 0.8  # likewise, from the front backward
    depth_dm: tuple[float, ...] = (0.055, 0.055, 0.06, 0.075, 0.08, 0.09)  # from the middle to the end
    blunt: tuple[float, ...] = (0.0, 0.0, 0.1, 0.5, 0.6, 1.0)  # how far the biting edge is as deep as the rest
    roundness: float = 0.62  # power of the superellipse of a ring: 1 is an ellipse, 0 a rectangle
    around: int = 8
    gum_around: int = 8
    gum_steps: int = 4  # for each tooth
    gum_depth_dm: float = 0.09


TEETH = TeethSettings()
ROWS = {
    "helper-upper-teeth": Row(
        (15069, 15086, 15071, 15070, 15085, 15078, 15077, 15076, 15080),
        (15061, 15060, 15062, 15063, 15064, 15065, 15066, 15067, 15068),
        (0.0, 0.0),
        (8.5, 6.5, 7.5, 7.0, 7.0, 10.0),
        0.55,
    ),
    "helper-lower-teeth": Row(
        (15010, 15001, 15002, 15003, 15004, 15005, 15006, 15007, 15008),
        (14993, 14992, 14994, 14995, 14996, 14997, 14998, 14999, 15000),
        (0.008, -0.025),
        (5.4, 6.0, 7.0, 7.0, 7.0, 11.0),
        0.6,
    ),
}


class _Arch:
    """The band as curves over the arch's length, 0 in the middle, 1 at the left end; mirrored for the right."""

    def __init__(self, vertices: np.ndarray, row: Row) -> None:
        shift = np.array([0, *row.shift_dm])
        self._edge, self._gum = vertices[list(row.edge)] + shift, vertices[list(row.gum)] + shift
        for curve in (self._edge, self._gum):
            curve[:, 0] *= TEETH.narrower
            curve[:, 2] = curve[0, 2] + TEETH.shorter * (curve[:, 2] - curve[0, 2])
        steps = np.linalg.norm(np.diff(self._edge, axis=0), axis=1)
        self._at = np.concatenate([[0], np.cumsum(steps)])
        self.length = float(self._at[-1])

    def frame(self, at: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """At a length in dm, negative on the right: biting edge, gum, and unit vectors to the left and outward."""
        edge, gum = (self._point(curve, at) for curve in (self._edge, self._gum))
        along = self._point(self._edge, at + 0.02) - self._point(self._edge, at - 0.02)
        along /= np.linalg.norm(along)
        up = (gum - edge) / np.linalg.norm(gum - edge)
        outward = np.cross(along, up)
        outward *= np.sign(outward @ (edge - [0, edge[1], edge[2] - 0.3])) / np.linalg.norm(outward)
        return edge, gum, along, outward

    def _point(self, curve: np.ndarray, at: float) -> np.ndarray:
        point = np.array([np.interp(abs(at), self._at, curve[:, axis]) for axis in range(3)])
        return point * [np.sign(at) if at else 0, 1, 1]


def teeth(vertices: np.ndarray, name: str) -> Shape:
    """The crowns of a row, of the base mesh's vertices (19158, 3) dm; twelve closed meshes."""
    row, arch = ROWS[name], _Arch(vertices, ROWS[name])
    ends = np.concatenate([[0], np.cumsum(row.widths_mm)]) / sum(row.widths_mm) * arch.length
    crowns = []
    for side in (-1, 1):
        for index, (near, far) in enumerate(pairwise(ends)):
            crowns.append(_crown(arch, side * (near + far) / 2, far - near, index, row.crown))
    return gathered(crowns, 4, 3)


def gums(vertices: np.ndarray, name: str) -> Shape:
    """The gum of a row: one closed tube along the roots."""
    row, arch = ROWS[name], _Arch(vertices, ROWS[name])
    steps = np.linspace(-arch.length, arch.length, 2 * len(row.widths_mm) * TEETH.gum_steps + 1)
    turn = 2 * np.pi * np.arange(TEETH.gum_around) / TEETH.gum_around
    rings = []
    for at in steps:
        edge, gum, _, outward = arch.frame(float(at))
        half = (gum - edge) * (1 - row.crown + 0.06) / 2
        middle = gum - half - outward * TEETH.gum_depth_dm * 0.32
        rings.append(middle + np.outer(np.cos(turn), half) + np.outer(np.sin(turn), outward * TEETH.gum_depth_dm / 2))
    ordered = np.array(rings)
    radii = (1 + np.arange(len(ordered))) / (len(ordered) + 1)
    return ball(ordered[0].mean(0), ordered, ordered[-1].mean(0), radii)


def _crown(arch: _Arch, at: float, width: float, index: int, share: float) -> Shape:
    edge, gum, along, outward = arch.frame(at)
    up = (gum - edge) * share
    turn = 2 * np.pi * np.arange(TEETH.around) / TEETH.around
    cos, sin = (np.sign(wave) * np.abs(wave) ** TEETH.roundness for wave in (np.cos(turn), np.sin(turn)))
    depth, blunt = TEETH.depth_dm[index], TEETH.blunt[index]
    middle = edge - outward * depth / 2
    rings = []
    for height, wide, deep in zip(TEETH.heights, TEETH.widths, TEETH.depths, strict=True):
        half = depth / 2 * (deep + (1 - deep) * blunt)
        back = outward * (depth / 2 - half) * (0.6 if height < 0.4 else 0)  # the edge lies near the front
        ring = middle + up * height + back + np.outer(cos, along * width / 2 * wide) + np.outer(sin, outward * half)
        rings.append(ring)
    ordered = np.array(rings)
    front = ordered[0].mean(0) - up * 0.02
    return ball(front, ordered, ordered[-1].mean(0), (1 + np.arange(len(ordered))) / (len(ordered) + 1))
