"""The person's surface: the face, the fitted head round it, and what lies beyond: long hair, brims, clothes.

On the head the surface is the fitted model's, moved to the face where that is known. Beyond it, it is written as
depth = rim - sqrt(w). `rim` is the depth at which the surface turns away from the camera, which the fitted head has
along its own contour. w is 0 on the silhouette and rises inside it: for an ellipsoid seen from afar w has a constant
Laplacian, so w is found from Poisson's equation between what is known and the silhouette.
Source: Johnston, Lumo: Illumination for Cel Animation, 2002, for the idea.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from worker.box import Box
from worker.depth.portrait.anatomy import TRUNK, SkullFrame, Trunk, skull_frame, smoothstep, trunk_of
from worker.depth.portrait.grid import coarse_size_wh, distance_px, inflate, relaxed, shrunk
from worker.geometry.fuse.membrane import continued_correction
from worker.head.surface import Seen
from worker.person.face import Pose
from worker.person.person import Person


@dataclass(frozen=True)
class ExtensionSettings:
    """How a face is extended; set by hand, no data is recorded."""

    cell_mm: float = 4.0  # of the coarse grid on which w is solved for
    cell_share: float = 0.5  # of a coarse cell: it belongs to the person or the face from there on
    even_mm: float = 3.0  # sigma by which the border between skin and hair is evened
    beyond_mm: float = 18.0  # so near to hair that stands off the head, the head is no guide to the surface
    face_blend_mm: float = 8.0  # inside the face mesh, the head's surface turns into the face's
    correction_mm: float = 60.0  # the difference of both falls to 37 % there
    face_rim_mm: float = 4.0  # outermost part of what is known: it gives way
    blend_mm: float = 7.0  # further in, the coarse solution turns into the known itself
    floor: float = 0.6  # a slope that goes on from the known takes w no lower than this share of one whose slope breaks
    floor_softness_mm: float = 20.0  # how softly it is kept above
    blur_cells: float = 0.6  # sigma of the blur after upsampling, cells
    least_blur_px: float = 0.5
    relaxed_cells: float = 2.0  # so near to the silhouette w is relaxed on the photo's grid, cells
    relaxing_rounds: int = 24


EXTENSION = ExtensionSettings()


def person_depth(face: np.ndarray, person: Person, head: Seen, camera: Intrinsics, pose: Pose) -> np.ndarray:
    """Depth of a person.

    Args:
        face: (H, W) float mm, NaN outside the face.
        person: on that grid; its mask holds the face.
        head: the fitted head with its cover, on that grid.
        camera: intrinsics of that grid.
        pose: of the head, mm, in the camera frame.
    Returns:
        (H, W) float32 mm, NaN outside the person.
    """
    return extend(on_head(face, person, head, camera, pose), person.mask, head, camera, pose)


def on_head(face: np.ndarray, person: Person, head: Seen, camera: Intrinsics, pose: Pose) -> np.ndarray:
    """(H, W) float32 mm, the face and the head's surface round it where it is bare or has hair; NaN elsewhere."""
    pixel_mm = pose.eyes[2] / camera.fx
    box = Box.round(person.mask, _reach_px(_even_px(pixel_mm)))
    face, front = box.of(face).astype(np.float32), box.of(head.front).astype(np.float32)
    there, on_face = _on_it(face, front, box.of(person.classes), box.of(head.scalp), pixel_mm), np.isfinite(face)
    there &= box.of(person.mask)
    weight = _inside_by(on_face, pixel_mm, 0, EXTENSION.face_blend_mm)
    both = there & on_face
    moved = _continued_over(np.where(both, face - front, 0), np.where(both, weight, 0), there, box, head, pixel_mm)
    surface = np.where(there, front + moved, np.nan)
    surface = np.where(both, weight * face + (1 - weight) * surface, surface)
    return box.put_into(head.front.shape, np.where(on_face & ~there, face, surface), np.nan)


def _on_it(face: np.ndarray, front: np.ndarray, classes: np.ndarray, scalp: np.ndarray, pixel_mm: float) -> np.ndarray:
    """(h, w) bool: where a fitted head's front (h, w) mm is the person's surface, the outline evened."""
    bare = (classes == PointClass.SKIN) | np.isfinite(face)
    worn = (classes == PointClass.HAIR) | (classes == PointClass.OTHER)
    beyond = worn & np.isnan(front)  # hair and brims that stand off the head: the head does not end before them
    off_mm = cv2.distanceTransform((~beyond).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) * pixel_mm
    on_it = (bare | worn & scalp & (off_mm > EXTENSION.beyond_mm)).astype(np.float32)
    return (cv2.GaussianBlur(on_it, (0, 0), _even_px(pixel_mm)) > 0.5) & np.isfinite(front)


def _continued_over(
    off: np.ndarray, weight: np.ndarray, there: np.ndarray, box: Box, head: Seen, pixel_mm: float
) -> np.ndarray:
    """(h, w) float32 mm, a difference (h, w) that is known with a weight, continued over a part of the picture."""
    known, held, surface = (box.put_into(head.front.shape, part, 0) for part in (off, weight, there))
    screening = (pixel_mm / EXTENSION.correction_mm) ** 2
    return box.of(continued_correction(known, held, 0.0, screening, surface, EXTENSION.cell_mm / pixel_mm))


def _even_px(pixel_mm: float) -> float:
    """Sigma by which the border between skin and hair is evened."""
    return max(EXTENSION.least_blur_px, EXTENSION.even_mm / pixel_mm)


def _reach_px(sigma_px: float) -> int:
    """How far OpenCV's Gaussian of that sigma reaches; a margin of that makes a blur the same in a box."""
    return math.ceil(4 * sigma_px) + 1


def extend(known: np.ndarray, person: np.ndarray, head: Seen, camera: Intrinsics, pose: Pose) -> np.ndarray:
    """Depth of the whole person from what is known of it.

    Args:
        known: (H, W) float mm, NaN where nothing is known.
        person: (H, W) bool, the silhouette; holds what is known.
        head, camera, pose: as for `person_depth`.
    Returns:
        (H, W) float32 mm, NaN outside the person.
    """
    frame = skull_frame(pose, camera)
    pixel_mm = pose.eyes[2] / camera.fx
    body = _continued_down(person, frame)
    coarse = camera.resized(coarse_size_wh(camera, EXTENSION.cell_mm / pixel_mm))
    small_known, small_body = _on_cells(known, body, coarse)
    cell_mm = pose.eyes[2] / coarse.fx
    trunk = trunk_of(skull_frame(pose, coarse), head)
    w = _coarse_w(small_known, small_body, trunk, cell_mm)
    box = Box.round(body, _reach_px(_upsampled_px(pixel_mm)))
    upsampled = box.of(cv2.resize(w.astype(np.float32), person.shape[::-1], interpolation=cv2.INTER_CUBIC))
    fine = _fine_depth(upsampled, box.of(known), box.of(body), trunk.on(frame, box), pixel_mm)
    return box.put_into(person.shape, np.where(box.of(person), fine, np.float32(np.nan)), np.nan)


def _on_cells(face: np.ndarray, body: np.ndarray, coarse: Intrinsics) -> tuple[np.ndarray, np.ndarray]:
    """The face's depth (h, w), NaN beside it, and the body (h, w) bool, on a coarse grid."""
    size_wh = coarse.width, coarse.height
    small_face, share = shrunk(face, size_wh)
    small_body = cv2.resize(body.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) >= EXTENSION.cell_share
    return np.where(share >= EXTENSION.cell_share, small_face, np.nan), small_body


def _continued_down(person: np.ndarray, frame: SkullFrame) -> np.ndarray:
    """The silhouette, each column of its trunk going on from its end to the border: what ends there, something cuts."""
    height = len(person)
    end = height - person[::-1].argmax(0)  # of each column
    trunk = person[frame.down[:, 0] > TRUNK.shoulders_mm[0]].any(0)
    return person | (trunk & (np.arange(height)[:, None] >= end))


def _coarse_w(face: np.ndarray, body: np.ndarray, trunk: Trunk, cell_mm: float) -> np.ndarray:
    """(h, w) float64 mm^2, w of the whole body on a grid of cells of about `cell_mm`."""
    on_face = np.isfinite(face)
    # The face gives way along its edge towards the rest of the person; towards the background it stays whole.
    sure = on_face & (distance_px(on_face | ~body) > EXTENSION.face_rim_mm / cell_mm)
    known = np.where(sure, trunk.w_from_depth(face), np.nan)
    return _inflated(known, body | sure, trunk, cell_mm)


def _inflated(known: np.ndarray, body: np.ndarray, trunk: Trunk, cell_mm: float) -> np.ndarray:
    """w between what is known and the silhouette: the face's slope goes on, as far as that does not dig a trench."""
    curvature, screening = -trunk.bulge * cell_mm**2, trunk.screening * cell_mm**2
    w = inflate(body, known, curvature, screening, trunk.smoothness)
    above_floor = _soft_maximum(w.smooth, EXTENSION.floor * w.broken, EXTENSION.floor_softness_mm**2)
    return np.where(np.isfinite(known), w.smooth, above_floor)


def _fine_depth(w: np.ndarray, face: np.ndarray, body: np.ndarray, trunk: Trunk, pixel_mm: float) -> np.ndarray:
    """Depth on the photo's grid from the w that was solved for on cells; the face itself keeps its fine depth."""
    # The surface is the face itself, but near its border.
    start_mm = EXTENSION.face_rim_mm + EXTENSION.cell_mm
    weight = _inside_by(np.isfinite(face), pixel_mm, start_mm, start_mm + EXTENSION.blend_mm)
    exact = trunk.w_from_depth(np.where(weight > 0, face, trunk.rim))
    blended = weight * exact + (1 - weight) * cv2.GaussianBlur(w, (0, 0), _upsampled_px(pixel_mm))
    near_rim = distance_px(body) <= EXTENSION.relaxed_cells * EXTENSION.cell_mm / pixel_mm
    curvature = np.broadcast_to(-trunk.bulge * np.float32(pixel_mm**2), w.shape)
    fine = relaxed(blended, body, ~near_rim | (weight > 0), curvature, EXTENSION.relaxing_rounds)
    return np.where(weight >= 1, face, trunk.depth_from_w(fine))


def _inside_by(known: np.ndarray, pixel_mm: float, low_mm: float, high_mm: float) -> np.ndarray:
    """(H, W) float32: 0 up to `low_mm` inside a mask, (H, W) bool, 1 from `high_mm` on, smooth between."""
    box = Box.round(known)
    weight = smoothstep(distance_px(box.of(known)) * np.float32(pixel_mm), low_mm, high_mm)
    return box.put_into(known.shape, weight, 0)


def _upsampled_px(pixel_mm: float) -> float:
    """Sigma by which the steps of the cells are smoothed away on the photo's grid."""
    return max(EXTENSION.least_blur_px, EXTENSION.blur_cells * EXTENSION.cell_mm / pixel_mm)


def _soft_maximum(first: np.ndarray, second: np.ndarray, softness: float) -> np.ndarray:
    """The larger of two, without a crease where they cross, and a little above where they meet."""
    return (first + second + np.sqrt((first - second) ** 2 + softness**2)) / 2
