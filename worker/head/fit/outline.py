"""The outline of a person in a photo, and that of the fitted head against it, above the chin.

Below the chin the outline is left alone: head, neck and shoulders would trade pitch for one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from shared.cloud.camera import Intrinsics, project
from shared.cloud.classes import PointClass
from worker.head.contour import Contour, contour_of
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.rows import Rows, moves_of
from worker.head.fit.settings import OUTLINE
from worker.head.model.head_model import HeadModel
from worker.person.landmarks import LANDMARKS

NEIGHBOURS = 8  # points of the photo's outline that are tried for each of the model's
INSIDE_PX = 2.0  # so far inside an outline it is read what it is of


@dataclass(frozen=True)
class PersonOutline:
    """The outline of a person in a photo, as points; none where the photo's border cuts the person.

    camera: of the grid; uv: (P, 2) float pixels; normal: (P, 2) unit vectors that point out of the person;
    classes: (P,) uint8, the `PointClass` just inside.
    """

    camera: Intrinsics
    uv: np.ndarray
    normal: np.ndarray
    classes: np.ndarray

    @classmethod
    def of(cls, mask: np.ndarray, classes: np.ndarray, camera: Intrinsics) -> PersonOutline:
        """The outline of a mask (H, W) bool, with classes (H, W), on a coarser grid than the camera's."""
        shrink = max(1.0, max(mask.shape) / OUTLINE.grid_px)
        small = camera.resized((max(8, round(camera.width / shrink)), max(8, round(camera.height / shrink))))
        size_wh = small.width, small.height
        share = cv2.resize(mask.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
        uv, normal = _traced(share)
        scale = np.array([camera.width / small.width, camera.height / small.height])
        inside = np.rint((uv - INSIDE_PX * normal + 0.5) * scale - 0.5).astype(int)
        u, v = np.clip(inside, 0, [camera.width - 1, camera.height - 1]).T
        return cls(small, uv, normal, classes[v, u])

    def nearest(self, contour: Contour) -> np.ndarray:
        """(P,) int, for each point of a head's contour that of the outline which is nearest and looks the same way.

        -1 where there is none.
        """
        if not len(self.uv) or not len(contour.uv):
            return np.full(len(contour.uv), -1)
        count = min(NEIGHBOURS, len(self.uv))
        distance, index = (part.reshape(-1, count) for part in cKDTree(self.uv).query(contour.uv, k=count))
        agree = np.einsum("nki,ni->nk", self.normal[index], contour.normal) > OUTLINE.least_cosine
        best = np.argmin(np.where(agree, distance, np.inf), axis=1)
        rows = np.arange(len(index))
        return np.where(agree[rows, best], index[rows, best], -1)


def _traced(share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (P, 2) along the outlines of what covers half of a pixel (H, W) and unit normals (P, 2) out of it."""
    contours, _ = cv2.findContours((share >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate(contours)[:, 0] if contours else np.zeros((0, 2), int)
    down, right = np.gradient(cv2.GaussianBlur(share, (0, 0), 1.5, borderType=cv2.BORDER_REPLICATE))
    u, v = points.T
    slope = -np.column_stack([right[v, u], down[v, u]])
    length = np.linalg.norm(slope, axis=1)
    height, width = share.shape
    free = (u > 1) & (v > 1) & (u < width - 2) & (v < height - 2) & (length > 1e-3)
    normal = slope[free] / length[free, None]
    beyond = (share[v, u][free] - 0.5) / np.maximum(length[free], 0.05)  # to where half of a pixel is covered
    return points[free] + np.clip(beyond, -0.5, 1.0)[:, None] * normal, normal


def outline_rows(fit: HeadFit, model: HeadModel, outline: PersonOutline) -> Rows:
    """How far the head's contour lies from the photo's outline, along its normal."""
    points = fit.vertices(model).astype(float)
    contour = contour_of(points, model.skin_triangles, outline.camera)
    near = np.where(above_chin(contour, fit.landmarks_mm, outline.camera), outline.nearest(contour), -1)
    contour, near = contour.part(near >= 0), near[near >= 0]
    if not len(near):
        return Rows(np.zeros((0, 7 + len(fit.shape) + len(fit.expression))), np.zeros(0))
    points = points[contour.vertices]
    moves = moves_of(fit, points, model.modes[:, contour.vertices], model.expressions[:, contour.vertices])
    wanted_mm, error_mm = _thickness(outline.classes[near])
    gap_mm = gaps_mm(points, contour, outline, near) - wanted_mm
    weight = np.sqrt(OUTLINE.independent / len(near)) / error_mm * _robust(gap_mm, error_mm)
    left = np.einsum("pi,piu->pu", _across_the_ray(points, contour.normal), moves)
    return Rows(weight[:, None] * left, weight * gap_mm)


def gaps_mm(points: np.ndarray, contour: Contour, outline: PersonOutline, near: np.ndarray) -> np.ndarray:
    """(P,) mm, how far the photo's outline lies outside of a head's contour, at its points (P, 3) in space."""
    return ((outline.uv[near] - contour.uv) * contour.normal).sum(1) * points[:, 2] / outline.camera.fx


def above_chin(contour: Contour, landmarks_mm: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(P,) bool: which points of a contour lie above the chin, along the face's own upright."""
    chin, brow = project(landmarks_mm[[LANDMARKS.chin, LANDMARKS.forehead]], camera)
    return (contour.uv - chin) @ (brow - chin) > 0


def _thickness(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P,) mm, how far the outline stands off the head where it shows that class, and the error of that."""
    skin = classes == PointClass.SKIN
    return np.where(skin, 0, OUTLINE.hair_mm), np.where(skin, OUTLINE.skin_mm, OUTLINE.hair_error_mm)


def _robust(gap_mm: np.ndarray, error_mm: np.ndarray) -> np.ndarray:
    """(P,) 0 to 1: less where the two outlines are too far apart to be of one thing."""
    return np.where(np.abs(gap_mm) < OUTLINE.most_mm, 1 / np.sqrt(1 + (gap_mm / (3 * error_mm)) ** 2), 0)


def _across_the_ray(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(P, 3) how much each of a point's coordinates moves it along a direction of the picture, in mm at its depth."""
    x, y, z = points.T
    return np.column_stack([normals, -(normals[:, 0] * x + normals[:, 1] * y) / z])
