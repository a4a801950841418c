"""Heads without hair that stands off: bald ones, and those whose hair is so short that it is only a colour."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from shared.cloud.camera import unproject
from shared.cloud.classes import PointClass
from worker.head.body import Skin
from worker.head.cover import cover_mm, covered
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.outline import PersonOutline
from worker.head.model.head_model import HeadModel
from worker.head.skin import Body, body_of, fine_skin
from worker.head.view import HeadView


@dataclass(frozen=True)
class CroppedSettings:
    """Chosen on heads h0 to h7, whose hair is paint (-5 to 0 mm), and on photos of short hair (4 mm and more)."""

    grid_px: int = 256
    thin_mm: float = 2.0  # hair that stands off less, in the middle, is a colour
    near_mm: float = 14.0  # what is farther from the skin is no such hair
    scalp: float = 0.5
    face_low_mm: tuple[float, float, float] = (-60.0, -55.0, -60.0)  # of the face in the head's frame
    face_high_mm: tuple[float, float, float] = (60.0, 95.0, 45.0)
    few: int = 30  # pixels of hair over the scalp: fewer are none


CROPPED = CroppedSettings()


def bare_body(view: HeadView, fit: HeadFit, model: HeadModel) -> tuple[HeadView, Body]:
    """The fitted head without hair, moved onto the photo; and the view with hair that is only a colour as skin."""
    view, bare = without_thin_hair(view, fit, model)
    start = on_outline(view, fit, model) if bare else fit.vertices(model).astype(float)
    first = body_of(view, start, fit, model)
    return view, body_of(view, _carried(start, first, fit, model), fit, model)


def _carried(start: np.ndarray, moved: Body, fit: HeadFit, model: HeadModel) -> np.ndarray:
    """Vertices (N, 3), turned and shifted as the face has been when it moved onto the photo: the skull goes with it."""
    before = fine_skin(model).field(start)
    own = fit.in_head_frame(before)
    face = ((own > CROPPED.face_low_mm) & (own < CROPPED.face_high_mm)).all(1)
    middle, aim = before[face].mean(0), moved.skin[face].mean(0)
    left, _, right = np.linalg.svd((before[face] - middle).T @ (moved.skin[face] - aim))
    turn = left @ np.diag([1, 1, np.sign(np.linalg.det(left @ right))]) @ right
    return np.asarray((start - middle) @ turn + aim)


def without_thin_hair(view: HeadView, fit: HeadFit, model: HeadModel) -> tuple[HeadView, bool]:
    """The view with hair that is only a colour as skin, and whether the scalp is bare."""
    small = view.reduced(CROPPED.grid_px)
    hair = small.shows(PointClass.HAIR, PointClass.OTHER)
    points = unproject(small.depth.astype(float), small.camera)
    fine = fine_skin(model)
    skin = Skin.of(fine, fine.field(fit.vertices(model).astype(float)))
    offset, nearest = skin.offsets(points[hair])
    over = offset[fine.field(model.scalp.astype(float))[nearest] > CROPPED.scalp]
    if len(over) < CROPPED.few:
        return view, True
    if float(np.median(over)) > CROPPED.thin_mm * fit.scale:
        return view, False
    near = np.zeros(hair.shape, np.uint8)
    near[hair] = np.abs(offset) < CROPPED.near_mm
    size_wh = view.camera.width, view.camera.height
    wide = cv2.resize(cv2.dilate(near, np.ones((3, 3), np.uint8)), size_wh, interpolation=cv2.INTER_NEAREST) > 0
    painted = wide & (view.classes == PointClass.HAIR)
    return replace(view, classes=np.where(painted, np.uint8(PointClass.SKIN), view.classes)), True


def on_outline(view: HeadView, fit: HeadFit, model: HeadModel) -> np.ndarray:
    """(N, 3) float64 mm, the fitted head's vertices, moved so that its outline lies on that of the photo."""
    outline = PersonOutline.of(view.alpha >= 0.5, view.classes, view.camera)
    face = view.hull_of(fit.landmarks_mm) & view.shows(PointClass.SKIN)
    thickness = cover_mm(fit, model, outline, face, view.camera)
    return covered(fit, model, thickness * (1 - model.ears)).astype(float)
