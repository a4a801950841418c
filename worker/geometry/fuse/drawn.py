"""A person's fine relief as a network's normals draw it: of the face, and of hair, neck and clothes beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from worker.box import Box
from worker.geometry.fuse.agreement import BESIDE_FACE, Agreement, agreement_of, steeper
from worker.geometry.fuse.relief import relief_of
from worker.geometry.fuse.sharpness import sharpness_of
from worker.geometry.fuse.sight import Sight, inside_px, smooth_step


@dataclass(frozen=True)
class DrawnRule:
    """How normals are drawn onto a surface."""

    # Relief well below 2 pi times that is the normals'. Chosen on h0 to h7: with the faults of `bench.predictions` the
    # face is better the longer it is; with normals that are off by smooth noise it would soon be worse than without.
    length_mm: float = 20.0
    turns_mm: float = 10.0  # so far inside the face's rim fine relief turns from that beside it into the face's
    rim_mm: tuple[float, float] = (1.0, 5.0)  # inside the outline normals begin to count, and count in full


DRAWN = DrawnRule()


@dataclass(frozen=True)
class Drawn:
    """What normals are worth on a person.

    face: they next to the landmarks' surface.
    beside: they next to the joined one.
    change: (H, W) float32 mm, what they move it by; 0 beside the person.
    """

    face: Agreement
    beside: Agreement
    change: np.ndarray

    def report(self) -> dict[str, Any]:
        """JSON values: parts of the face and of the rest of the person that are drawn by them, and how they agree."""
        angle = self.face.angle_deg
        return {
            "face_share": round(self.face.share, 3),
            "body_share": round(self.beside.share, 3),
            "agreement_deg": None if angle is None else round(angle, 1),
            "sharpness": round(self.face.sharpness, 2),
            "gain": round(self.beside.gain, 2),
        }


def face_agreement(normals: np.ndarray, sight: Sight) -> Agreement:
    """How far normals (H, W, 3) are those of the landmarks' surface, where the network vouches for them."""
    box = Box.round(sight.on_face)
    known = box.of(sight.on_face & np.isfinite(sight.disparity))
    found = agreement_of(box.of(normals), box.of(sight.goal), known, box.of_camera(sight.camera))
    weight = box.put_into(sight.face.shape, found.weight, 0)
    return replace(found, weight=weight, sharpness=sharpness_of(normals, found.gain, sight))


def drawn(normals: np.ndarray, depth: np.ndarray, face: Agreement, sight: Sight) -> Drawn:
    """What normals (H, W, 3) make of a joined surface (H, W) mm, whose face they agree with so far."""
    person = sight.person
    known = person & ~sight.on_face & np.isfinite(sight.disparity)
    beside = agreement_of(normals, depth, known, sight.camera, BESIDE_FACE, face.gain if face.share else None)
    low_mm, high_mm = DRAWN.rim_mm
    inside = smooth_step(inside_px(person) * sight.pixel_mm, low_mm, high_mm - low_mm)
    weight = np.maximum(face.weight, beside.weight) * inside
    box = Box.round(person)  # what has no weight is moved with what lies beside it
    surface = np.where(box.of(person), box.of(depth), np.nan)
    change = relief_of(
        surface,
        steeper(box.of(normals), beside.gain),
        box.of(weight),
        box.of_camera(sight.camera),
        DRAWN.length_mm / sight.pixel_mm,
        1 - (1 - face.sharpness) * smooth_step(box.of(inside_px(sight.on_face)) * sight.pixel_mm, 0.0, DRAWN.turns_mm),
    )
    return Drawn(face, beside, box.put_into(depth.shape, np.nan_to_num(change), 0))
