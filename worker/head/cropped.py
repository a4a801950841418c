"""Heads without hair that stands off: bald ones, and those whose hair is so short that it is only a colour."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from shared.cloud.camera import project, unproject
from shared.cloud.classes import PointClass
from worker.head.body import Skin
from worker.head.cover import cover_mm, covered
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.outline import PersonOutline
from worker.head.model.head_model import HeadModel
from worker.head.skin import fine_skin
from worker.head.view import HeadView


@dataclass(frozen=True)
class CroppedSettings:
    """Chosen on heads h0 to h7, whose hair is paint (-5 to 0 mm), and on photos of short hair (4 mm and more)."""

    grid_px: int = 256
    thin_mm: float = 2.0  # hair that stands off less, in the middle, is a colour
    near_mm: float = 14.0  # what is farther from the skin is no such hair
    scalp: float = 0.5
    few: int = 30  # pixels of hair over the scalp: fewer are none


CROPPED = CroppedSettings()


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
    face = np.zeros(view.depth.shape, np.uint8)
    landmarks = np.rint(project(fit.landmarks_mm, view.camera)).astype(np.int32)
    cv2.fillConvexPoly(face, cv2.convexHull(landmarks), 1)
    thickness = cover_mm(fit, model, outline, (face > 0) & view.shows(PointClass.SKIN), view.camera)
    return covered(fit, model, thickness).astype(float)
