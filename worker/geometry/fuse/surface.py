"""One surface from the layout of a network and the relief of a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.box import Box
from worker.geometry.fuse.detail import Detail, detail_of
from worker.geometry.fuse.drawn import Drawn, drawn, face_agreement
from worker.geometry.fuse.head import HeadPull, pull_of_head, with_rim
from worker.geometry.fuse.membrane import continued_correction
from worker.geometry.fuse.robust_line import robust_line
from worker.geometry.fuse.sight import Sight, inside_px, mean_nearby, smooth_step


@dataclass(frozen=True)
class JoinRule:
    """How a face's correction goes on beside it. Set by hand, tried on five depth maps of three photos."""

    length_mm: float = 90.0  # it falls to 37 % there
    cell_mm: float = 5.0  # of the grid on which it is solved for
    feather_mm: float = 2.0  # so far inside the face's rim the surface turns into the face itself ...
    covered_feather_mm: float = 8.0  # ... and where hair or a hand is before it, as a network that resolves it says
    covered_mm: float = 5.0  # what the network sees so far before a face is half believed to be something else
    opened_mm: float = 8.0  # what is farther behind a face is an opening, as of a mouth; closed from twice that on
    inner_mm: float = 10.0  # so far inside the face's rim; nearer to it a network's depth falls away to the neck


JOIN = JoinRule()


@dataclass(frozen=True)
class Surface:
    """A joined surface, and what each source gave.

    depth: (H, W) float32 mm; beside the person the network's.
    network_share: part of the person's area whose layout is the network's, 0..1; the rest is face and bust.
    correction_mm: root mean square of what the network's depth was moved by, over the person.
    flatness, detail: of the network's head and face.
    drawn: what its normals are worth; None of a network that gives none.
    """

    depth: np.ndarray
    network_share: float
    correction_mm: float
    flatness: float
    detail: Detail
    drawn: Drawn | None = None


def joined(
    depth: np.ndarray, sight: Sight, normals: np.ndarray | None = None, *, rims_rounded: bool = False
) -> Surface:
    """Correct a network's depth by the face.

    Inside the face the surface is the face's. What the network's was off by there is continued over the person, so
    that there is no seam, and dies out; on a head that the network drew flat it tends to the bust's shape. Fine relief
    is that of the network's normals where it has any and they agree with the face, else of its depth.

    Args:
        depth: (H, W) float mm, finite, by the network; its ramps parted.
        sight: on the same grid.
        normals: (H, W, 3) float, unit vectors out of the surface in the camera frame, NaN where unknown.
        rims_rounded: whether the silhouette of a head that the network blurs tends to the bust's as well.
    """
    before = before_mm(depth, sight)
    depth = _closed(depth, before, sight)
    pull, detail = pull_of_head(depth, sight), detail_of(depth, sight)
    if rims_rounded:
        pull = with_rim(pull, depth, sight, 1 - detail.resolved)
    agreement = None if normals is None else face_agreement(normals, sight)
    goal = sight.goal
    covered = np.square(np.maximum(before, 0) / JOIN.covered_mm)
    seen = 1 / (1 + np.square(covered))  # of the face itself, with no hair or hand before it
    if detail.weight > 0:
        left = 1.0 if agreement is None else 1 - agreement.weight * agreement.sharpness
        goal = goal + detail.weight * seen * left * detail.difference
    known = np.where(sight.on_face, goal - depth, 0)
    held = _held(1 - (1 - seen) * detail.resolved, sight)
    beside = _continued(known, held * seen, pull, sight)
    moved = beside + held * (known - beside)
    own = (1 - held) / (1 + pull.screening * JOIN.length_mm**2)
    surface = np.where(sight.person, depth + moved, depth).astype(np.float32)
    fine = None if normals is None or agreement is None else drawn(normals, surface, agreement, sight)
    return Surface(
        depth=surface if fine is None else surface + fine.change,
        network_share=float(own[sight.person].mean()),
        correction_mm=float(np.sqrt((moved[sight.person] ** 2).mean())),
        flatness=pull.flatness,
        detail=detail,
        drawn=fine,
    )


def _held(seen: np.ndarray, sight: Sight) -> np.ndarray:
    """(H, W) float, 0..1: how far the surface is the face itself."""
    around = mean_nearby(seen, sight.on_face, JOIN.covered_feather_mm / 2 / sight.pixel_mm).clip(0, 1)
    feather_mm = JOIN.covered_feather_mm + (JOIN.feather_mm - JOIN.covered_feather_mm) * around
    box = Box.round(sight.on_face)
    inside_mm = box.of(inside_px(sight.on_face)) * sight.pixel_mm
    return box.put_into(seen.shape, smooth_step(inside_mm / box.of(feather_mm), 0.0, 1.0), 0)


def before_mm(depth: np.ndarray, sight: Sight) -> np.ndarray:
    """(H, W) float mm, how far before a face the network sees something, as flat or deep as it draws the face.

    Negative where it sees something behind it; 0 beside the face.
    """
    on_face = sight.on_face
    relief = sight.face[on_face].astype(float)
    line = robust_line(relief, depth[on_face].astype(float), np.ones_like(relief))
    before = np.zeros(depth.shape, np.float32)
    before[on_face] = line.slope * relief + line.intercept - depth[on_face]
    return before


def _closed(depth: np.ndarray, before: np.ndarray, sight: Sight) -> np.ndarray:
    """The depth, its openings in the face filled; gradually, since a face that is drawn too deep has no edge there."""
    inner = inside_px(sight.on_face) * sight.pixel_mm > JOIN.inner_mm
    opening = smooth_step(-before, JOIN.opened_mm, JOIN.opened_mm)
    return np.where(inner, depth + opening * before, depth)


def _continued(known: np.ndarray, held: np.ndarray, pull: HeadPull, sight: Sight) -> np.ndarray:
    """(H, W) float32 mm, the correction beside the face."""
    screening = 1 / JOIN.length_mm**2 + pull.screening
    target = pull.shift_mm * pull.screening / screening
    cell_px = JOIN.cell_mm / sight.pixel_mm
    return continued_correction(known, held, target, screening * sight.pixel_mm**2, sight.person, cell_px)
