"""The fitted head's skin, eyes, teeth and tongue, moved onto the person that the photo shows.

First all is warped so that the landmarks lie where the photo has them; then the skin goes along the camera's rays to
the visible surface, where that is known to be skin and is seen squarely.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import SuperLU, splu

from shared.cloud.camera import pixels_at, project
from shared.cloud.classes import PointClass
from worker.geometry.raster import rasterise
from worker.head.fine import FineSkin
from worker.head.fit.fit import seen_landmarks
from worker.head.fit.head_fit import HeadFit
from worker.head.meshes import cotangents, vertex_areas, vertex_normals
from worker.head.model.head_model import HeadModel, Part
from worker.head.view import HeadView
from worker.person.landmarks import LANDMARKS


@dataclass(frozen=True)
class SkinSettings:
    """How the skin follows the photo; chosen on heads h0 to h7."""

    landmark_mm: float = 1.0  # error of a landmark, next to the stiffness
    stiffness: float = 2.0  # of the warp: at 1, waves of 20 mm are followed as much as landmarks of 1 mm error
    reach_mm: float = 25.0  # beyond it the warp dies out
    grid_px: int = 512  # of the visible surface, on its longer side
    hidden_mm: float = 4.0  # what lies so far behind the nearest surface is not seen
    most_mm: float = 12.0  # a visible surface so far from the fitted skin is another one
    square: float = 0.35  # least cosine between normal and ray where the visible surface counts, and ...
    full: float = 0.6  # ... where it counts fully
    border_px: float = 6.0  # within it of the border of the skin's pixels the visible surface fades out
    spread: int = 12  # rounds of smoothing in which the move fades out
    smooth: int = 2  # rounds of smoothing of the move itself


SKIN = SkinSettings()


@dataclass(frozen=True)
class Body:
    """The model's vertices and its skin in the photo's expression, in the camera frame.

    coarse: (N, 3) mm, all of the model's vertices; skin: (S, 3) mm, the fine skin's.
    """

    coarse: np.ndarray
    skin: np.ndarray


@lru_cache(maxsize=2)
def fine_skin(model: HeadModel) -> FineSkin:
    """The model's skin, subdivided; made once."""
    return FineSkin.of(model)


def body_of(view: HeadView, points: np.ndarray, fit: HeadFit, model: HeadModel) -> Body:
    """The fitted head's vertices (N, 3), moved onto the landmarks and the visible surface."""
    coarse = warped(points, fit, model)
    fine = fine_skin(model)
    skin = fine.field(coarse)
    return Body(coarse, skin * (1 + _stretch(view, skin, fine, model))[:, None])


def warped(points: np.ndarray, fit: HeadFit, model: HeadModel) -> np.ndarray:
    """Vertices (N, 3) moved smoothly so that the landmarks lie near the photo's; each eyeball goes with its lids."""
    solver, rows = _warper(model)
    trust = _trust(model)
    bias = seen_landmarks(fit, model) - model.landmarks(fit.vertices(model).astype(float))
    missed = fit.landmarks_mm - bias - model.landmarks(points)
    moves = solver.solve(rows.T @ (trust[:, None] * missed))
    skin = fine_skin(model).coarse
    out = points.copy()
    out[skin] += moves[skin]
    _move_with_lids(out, moves, model)
    return out


def _trust(model: HeadModel) -> np.ndarray:
    """(468,) weight of each landmark: less of one whose place varies with the view."""
    return 1 / (SKIN.landmark_mm**2 + model.landmark_spread_mm.astype(float) ** 2)


@lru_cache(maxsize=2)
def _warper(model: HeadModel) -> tuple[SuperLU, sparse.csr_matrix]:
    """The solver of the warp, and (468, N) the landmarks' weights over the vertices. A thin plate on the mean skin."""
    count = len(model.mean)
    points = model.mean.astype(float)
    area = np.maximum(vertex_areas(points, model.skin_triangles, count), 1.0)
    laplacian = cotangents(points, model.skin_triangles, count)
    bending = laplacian.T @ sparse.diags_array(1 / area) @ laplacian
    corners = model.landmark_corners
    index = np.repeat(np.arange(len(corners)), 3), corners.ravel()
    rows = sparse.csr_matrix((model.landmark_weights.ravel().astype(float), index), shape=(len(corners), count))
    system = SKIN.stiffness * (bending + sparse.diags_array(area / SKIN.reach_mm**4))
    system = system + rows.T @ sparse.diags_array(_trust(model)) @ rows
    return splu(system.tocsc()), rows


def _move_with_lids(points: np.ndarray, moves: np.ndarray, model: HeadModel) -> None:
    """Shift each eyeball by the mean of its lids, and teeth and tongue by that of the mouth's corners; in place."""
    mean = model.landmarks(moves)
    eyes = model.part == Part.EYES
    for rim, left in ((LANDMARKS.right_eye_rim, False), (LANDMARKS.left_eye_rim, True)):
        points[eyes & ((model.mean[:, 0] > 0) == left)] += mean[list(rim)].mean(0)
    mouth = mean[[LANDMARKS.upper_lip[0], LANDMARKS.upper_lip[-1]]].mean(0)
    points[(model.part == Part.TEETH) | (model.part == Part.TONGUE)] += mouth


def _stretch(view: HeadView, skin: np.ndarray, fine: FineSkin, model: HeadModel) -> np.ndarray:
    """(S,) by which share of its distance each vertex moves away along its ray."""
    small = view.reduced(SKIN.grid_px)
    wanted, weight = _seen(small, skin, fine)
    for beside in (model.ears, model.scalp, model.neck):
        weight = weight * (1 - np.clip(fine.field(beside.astype(float)), 0, 1))
    fade = fine.smoothed(weight, SKIN.spread) * weight
    filled = fine.smoothed(weight * wanted, SKIN.smooth) / np.maximum(fine.smoothed(weight, SKIN.smooth), 1e-6)
    return fine.smoothed(fade * np.where(weight > 0, filled, 0), SKIN.smooth)


def _seen(view: HeadView, skin: np.ndarray, fine: FineSkin) -> tuple[np.ndarray, np.ndarray]:
    """(S,) share by which the visible surface lies farther than the skin, and (S,) 0 to 1 how far to believe it."""
    uv = project(skin, view.camera)
    row, column, inside = pixels_at(uv, view.camera)
    own = rasterise(np.column_stack([uv, skin[:, 2]]), fine.triangles, view.depth.shape)[row, column]
    facing = -(vertex_normals(skin, fine.triangles) * skin).sum(1) / np.linalg.norm(skin, axis=1)
    own_pixels = view.shows(PointClass.SKIN).astype(np.uint8)
    border = cv2.distanceTransform(own_pixels, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[row, column]
    depth = view.depth[row, column]
    offset = np.nan_to_num(_interpolated(view.depth, uv) - skin[:, 2])
    weight = np.clip((facing - SKIN.square) / (SKIN.full - SKIN.square), 0, 1) * np.clip(border / SKIN.border_px, 0, 1)
    weight = weight * (1 - np.clip(np.abs(offset) / SKIN.most_mm, 0, 1) ** 4)
    known = inside & np.isfinite(depth) & (skin[:, 2] < np.nan_to_num(own, nan=np.inf) + SKIN.hidden_mm)
    return offset / skin[:, 2], np.where(known & (offset != 0), weight, 0)


def _interpolated(image: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(P,) values of an image (H, W) at (P, 2) float pixels; NaN near what is unknown."""
    return ndimage.map_coordinates(image, uv[:, ::-1].T, order=1, mode="constant", cval=np.nan)
