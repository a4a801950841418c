"""The outline of a head in a photo against that of the fitted model, above the chin.

Below the chin the outline is left alone: head, neck and shoulders would trade pitch for one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from shared.cloud.camera import Intrinsics, project
from shared.cloud.classes import PointClass
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.rows import Rows, moves_of
from worker.head.fit.settings import OUTLINE
from worker.head.model.head_model import HeadModel, Part
from worker.person.landmarks import LANDMARKS

PRECISION_BITS = 4  # of a pixel, in OpenCV's drawing


@dataclass(frozen=True)
class OutlineView:
    """The outline of a person in a photo, as points.

    camera: of the grid; uv: (P, 2) float pixels; normal: (P, 2) unit vectors that point out of the person;
    classes: (P,) uint8, the `PointClass` just inside.
    """

    camera: Intrinsics
    uv: np.ndarray
    normal: np.ndarray
    classes: np.ndarray

    @classmethod
    def of(cls, mask: np.ndarray, classes: np.ndarray, camera: Intrinsics) -> OutlineView | None:
        """The outline of a person's mask (H, W) bool, with classes (H, W); None where there is none in the picture."""
        size_wh = _small(camera)
        small = camera.resized(size_wh)
        share = cv2.resize(mask.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
        uv, normal = contour_of(share >= 0.5)
        if not len(uv):
            return None
        inside = np.rint((uv - 2 * normal + 0.5) * [camera.width / small.width, camera.height / small.height] - 0.5)
        u, v = np.clip(inside.astype(int), 0, [camera.width - 1, camera.height - 1]).T
        return cls(small, uv, normal, classes[v, u])


def contour_of(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (P, 2) along the outlines of a mask (H, W) bool and unit normals (P, 2) out of it; none at the border."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.zeros((0, 2)), np.zeros((0, 2))
    points = np.concatenate(contours)[:, 0]
    smooth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.0, borderType=cv2.BORDER_REPLICATE)
    down, right = np.gradient(smooth)
    height, width = mask.shape
    u, v = points.T
    slope = -np.column_stack([right[v, u], down[v, u]])
    length = np.linalg.norm(slope, axis=1)
    free = (u > 1) & (v > 1) & (u < width - 2) & (v < height - 2) & (length > 1e-3)
    return points[free].astype(float), slope[free] / length[free, None]


def outline_rows(fit: HeadFit, model: HeadModel, view: OutlineView) -> Rows:
    """How far the model's outline lies from the photo's, along its normal."""
    vertices = fit.vertices(model).astype(float)
    uv = project(vertices, view.camera)
    points, normals = contour_of(_drawn(uv, model, view.camera))
    points, normals = _above_chin(points, normals, fit, view.camera)
    near = _nearest(points, normals, view)
    points, normals, index = points[near >= 0], normals[near >= 0], near[near >= 0]
    if not len(points):
        return Rows(np.zeros((0, 7 + len(fit.shape) + len(fit.expression))), np.zeros(0))
    skin = np.flatnonzero(model.part == Part.SKIN)
    vertex = skin[cKDTree(uv[skin]).query(points)[1]]
    moves = moves_of(fit, vertices[vertex], model.modes[:, vertex], model.expressions[:, vertex])
    mm_per_px = vertices[vertex, 2] / view.camera.fx
    wanted_mm, error_mm = _thickness(view.classes[index])
    gap_mm = ((view.uv[index] - points) * normals).sum(1) * mm_per_px - wanted_mm
    along = _across_the_ray(vertices[vertex], normals)
    weight = np.sqrt(OUTLINE.independent / len(points)) / error_mm * _robust(gap_mm, error_mm)
    return Rows(weight[:, None] * np.einsum("pi,piu->pu", along, moves), weight * gap_mm)


def _small(camera: Intrinsics) -> tuple[int, int]:
    """Width and height of the coarse grid."""
    shrink = max(1.0, max(camera.width, camera.height) / OUTLINE.grid_px)
    return max(8, round(camera.width / shrink)), max(8, round(camera.height / shrink))


def _drawn(uv: np.ndarray, model: HeadModel, camera: Intrinsics) -> np.ndarray:
    """(h, w) bool, what the model covers."""
    image = np.zeros((camera.height, camera.width), np.uint8)
    corners = np.rint(uv[model.triangles] * 2**PRECISION_BITS).astype(np.int32)  # (T, 3, 2)
    for corner in corners:
        cv2.fillConvexPoly(image, corner, 1, shift=PRECISION_BITS)
    return image > 0


def _above_chin(
    points: np.ndarray, normals: np.ndarray, fit: HeadFit, camera: Intrinsics
) -> tuple[np.ndarray, np.ndarray]:
    """Those points of an outline that lie above the chin, across the face's own upright."""
    chin, brow = project(fit.landmarks_mm[[LANDMARKS.chin, LANDMARKS.forehead]], camera)
    upright = (brow - chin) / np.linalg.norm(brow - chin)
    above = (points - chin) @ upright > 0
    return points[above], normals[above]


def _nearest(points: np.ndarray, normals: np.ndarray, view: OutlineView) -> np.ndarray:
    """(N,) index of the nearest point of the photo's outline that looks the same way; -1 where there is none."""
    if not len(points):
        return np.zeros(0, int)
    count = min(8, len(view.uv))
    distance, index = cKDTree(view.uv).query(points, k=count)
    distance, index = distance.reshape(-1, count), index.reshape(-1, count)
    agree = np.einsum("nki,ni->nk", view.normal[index], normals) > OUTLINE.least_cosine
    best = np.argmin(np.where(agree, distance, np.inf), axis=1)
    rows = np.arange(len(points))
    return np.where(agree[rows, best], index[rows, best], -1)


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
