"""Which parts of a face a photo does not show: beyond its border, or behind a mask, a hand, a scarf, dark glasses.

The landmark network lays its points there all the same, and is no less sure of the face. So what is hidden is asked of
the segmentation network, which sees the face from near: a part of a face shows facial skin, or hair where beards grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from worker.person.crops import crop, photo_from_crop
from worker.person.face import Face
from worker.person.landmarks import LANDMARKS, Indices
from worker.person.networks.face_landmarks import MARGIN, square_of_landmarks
from worker.person.networks.segmentation import SIZE_PX, Part, SegmentationNetwork


@dataclass(frozen=True)
class HiddenSettings:
    """When a part of a face is hidden; set on the photos of tests/data/photos, whole and covered, none kept apart."""

    seen: float = 2.2  # side of the square that the network sees, in sides of the face
    least_other: float = 0.5  # share of a part that is no face, from where on it is hidden
    least_outside: float = 0.4  # share of a part's landmarks beyond the photo's border, likewise
    spread: float = 0.12  # sides of the face: so far round its landmarks a part is less sure


HIDDEN = HiddenSettings()
BEARDED = (Part.FACE_SKIN, Part.HAIR)
PARTS: dict[str, tuple[Indices, tuple[Part, ...]]] = {
    "right eye": (LANDMARKS.right_eye_rim, BEARDED),
    "left eye": (LANDMARKS.left_eye_rim, BEARDED),
    "nose": ((1, 2, 4, 5, 195, 98, 327), BEARDED),
    "mouth": (LANDMARKS.lips_rim, BEARDED),
    "chin": ((18, 200, 152, 176, 400, 140, 369, 83, 313), (*BEARDED, Part.BODY_SKIN)),
    "right cheek": ((50, 205, 187, 123, 117), BEARDED),
    "left cheek": ((280, 425, 411, 352, 346), BEARDED),
}
"""The parts of a face: their landmarks, and what they show where nothing hides them. Fringes may hang to the eyes."""
HALVES = {"right half": ("right eye", "right cheek"), "left half": ("left eye", "left cheek")}
"""What is said in place of both parts, which make up most of a half. Hair hides cheeks: alone they are not told."""
INNER_PARTS = {"right eye", "left eye", "nose", "mouth"}
EYES = {"right eye", "left eye", *HALVES}


def hidden_parts(pixels: np.ndarray, face: Face, network: SegmentationNetwork) -> list[str]:
    """Words for the parts of a face that a photo (H, W, 3) uint8 does not show."""
    square = square_of_landmarks(face.landmarks)
    square = replace(square, side=square.side * HIDDEN.seen / MARGIN)
    shares = network.shares(crop(pixels, square, SIZE_PX))
    onto = cv2.invertAffineTransform(photo_from_crop(square, SIZE_PX))
    in_crop = face.landmarks[:, :2] @ onto[:, :2].T + onto[:, 2]
    inside = np.all((face.landmarks[:, :2] >= 0) & (face.landmarks[:, :2] < pixels.shape[1::-1]), axis=1)
    hidden = [
        name
        for name, (indices, own) in PARTS.items()
        if 1 - inside[list(indices)].mean() >= HIDDEN.least_outside
        or 1 - _share(shares[list(own)].sum(0), in_crop[list(indices)]) >= HIDDEN.least_other
    ]
    return _in_words(hidden)


def hidden_pixels(face: Face, parts: Sequence[str], size_hw: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: where those parts of a face lie, and a little round them."""
    mask = np.zeros(size_hw, np.uint8)
    for name in (one for part in parts for one in HALVES.get(part, (part,))):
        _fill(mask, face.landmarks[list(PARTS[name][0]), :2])
    reach = 2 * round(HIDDEN.spread * face.side) + 1
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0


def _in_words(hidden: Sequence[str]) -> list[str]:
    """A half in place of its parts, unless glasses hide both eyes, and no cheek alone."""
    halves = [half for half, parts in HALVES.items() if set(parts) <= set(hidden)]
    halves = [] if {"right eye", "left eye"} <= set(hidden) else halves
    told = {part for half in halves for part in HALVES[half]} | {"right cheek", "left cheek"}
    return halves + [part for part in hidden if part not in told]


def _share(plane: np.ndarray, corners: np.ndarray) -> float:
    """Mean of a plane (H, W) within the convex hull of corners (P, 2)."""
    mask = np.zeros(plane.shape, np.uint8)
    _fill(mask, corners)
    return float(plane[mask > 0].mean()) if mask.any() else 0.0


def _fill(mask: np.ndarray, corners: np.ndarray) -> None:
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(corners).astype(np.int32)), 1)
