"""Clothes, and a trunk that the head model does not have, as one closed body: the visible surface and a rounded back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from shared.cloud.camera import unproject
from shared.cloud.classes import PointClass
from worker.head.body import Skin, spread
from worker.head.fit.head_fit import HeadFit
from worker.head.fill import pull_push
from worker.head.hair import Cover, _coarse_of, pixel_area
from worker.head.meshes import cotangents, vertex_areas
from worker.head.model.head_model import HeadModel
from worker.head.sight import Sight, extended, signed_distance
from worker.head.skin import fine_skin
from worker.head.view import HeadView
from worker.head.voxels import Voxels, largest_body, smooth_union


@dataclass(frozen=True)
class ClothesSettings:
    """Lengths in mm of a person whose head is of mean size; chosen by eye on photos."""

    step_mm: float = 8.0
    most_points: int = 200_000
    chin_mm: float = 95.0  # below the eyes: clothes begin there
    longest_mm: float = 480.0  # below the eyes: where the trunk is cut
    least_area_mm2: float = 6000.0
    most_mm: float = 30.0  # of cloth on the model's neck and shoulders
    least_mm: float = 3.0
    bare_mm: float = -6.0
    reach_mm: float = 60.0
    known_weight: float = 30.0
    half_depth_mm: float = 105.0  # of a trunk: from its middle to its back
    round_mm: float = 110.0  # how far from the outline the back is rounded
    trunk_behind_mm: float = 75.0  # the trunk's middle, behind the eyes
    union_mm: float = 12.0
    behind_mm: float = 2.0


CLOTHES = ClothesSettings()


def clothes_of(view: HeadView, skin: Skin, hair: np.ndarray, fit: HeadFit, model: HeadModel) -> Cover | None:
    """The clothes of a person; None where the photo shows none.

    Args:
        view: on a grid of at most some hundred pixels.
        skin: in the photo's expression.
        hair: (H, W) bool, pixels of hair.
        fit: of the model.
        model: the head model.
    """
    points = unproject(view.depth.astype(float), view.camera)
    own = (points - fit.shift_mm) @ fit.rotation / fit.scale
    down = (points[..., 1] - fit.shift_mm[1]) / fit.scale
    mask = _mask(view, points, own, down, hair, skin, fit)
    if mask is None:
        return None
    thickness = _thickness(view, points, mask, skin, model)
    cut = _cut_height(points, mask, fit)
    covered = skin.points[(thickness > 0) & (skin.points[:, 1] < cut)]
    extent = np.vstack([points[mask & (points[..., 1] < cut)], covered])
    low, high = extent.min(0) - 20, extent.max(0) + 20
    high[2] = max(high[2], fit.shift_mm[2] + fit.scale * (CLOTHES.trunk_behind_mm + CLOTHES.half_depth_mm) + 30)
    grid = Voxels.around(low, high, CLOTHES.step_mm, CLOTHES.most_points)
    sight = Sight.of(view, grid.points)
    distance = smooth_union(
        _trunk(sight, view, mask, fit), skin.shell(thickness, grid), CLOTHES.union_mm
    )
    front = extended(view.depth, view.person)
    keep = sight.before(front) + CLOTHES.behind_mm * np.clip(sight.looked_up(signed_distance(mask)), 0, 2)
    distance = np.maximum(np.maximum(distance, keep), sight.beside(view.person))
    distance = ndimage.gaussian_filter(distance, 0.6)
    distance = np.maximum(distance, grid.points[..., 1] - cut)
    return Cover(largest_body(distance), grid, thickness, mask)


def _mask(
    view: HeadView, points: np.ndarray, own: np.ndarray, down: np.ndarray, hair: np.ndarray, skin: Skin, fit: HeadFit
) -> np.ndarray | None:
    """(H, W) bool, pixels of clothes and of skin that the model does not have; None where there are hardly any."""
    below = (own[..., 1] > CLOTHES.chin_mm) & (down < CLOTHES.longest_mm)
    cloth = view.shows(PointClass.CLOTHES, PointClass.OTHER) & (own[..., 1] > 40)
    bare = view.shows(PointClass.SKIN) & below
    offset = np.full(bare.shape, np.inf)
    offset[bare] = skin.offsets(points[bare])[0]
    bare &= np.abs(offset) > 20
    mask = (cloth | bare) & ~hair & (down < CLOTHES.longest_mm)
    area = pixel_area(view)
    if area[cloth & below].sum() < CLOTHES.least_area_mm2 * fit.scale**2:
        return None
    return mask


def _thickness(view: HeadView, points: np.ndarray, mask: np.ndarray, skin: Skin, model: HeadModel) -> np.ndarray:
    """(S,) mm of cloth over each vertex of neck and shoulders; negative where there is none."""
    fine, count = fine_skin(model), len(model.mean)
    near = _coarse_of(model, skin)
    values, weights = np.zeros(count), np.zeros(count)
    offset, nearest = skin.offsets(points[mask])
    usable = np.abs(offset) < CLOTHES.most_mm
    at = near[nearest[usable]]
    np.add.at(values, at, np.clip(offset[usable], CLOTHES.least_mm, CLOTHES.most_mm))
    np.add.at(weights, at, 1)
    bare = view.shows(PointClass.SKIN) & ~mask
    offset, nearest = skin.offsets(points[bare])
    at = near[nearest[np.abs(offset) < 15]]
    np.add.at(values, at, CLOTHES.bare_mm)
    np.add.at(weights, at, 1)
    known = np.divide(values, weights, out=np.zeros(count), where=weights > 0)
    coarse = fine.coarse
    local = np.full(count, -1)
    local[coarse] = np.arange(len(coarse))
    triangles = local[model.triangles[model.part[model.triangles[:, 0]] == 0]]
    base = model.mean[coarse].astype(float)
    low = base[:, 1] > np.percentile(base[:, 1], 100) - 110  # the shoulders
    prior = np.where(low, 2 * CLOTHES.least_mm, CLOTHES.bare_mm)
    head = model.neck[coarse] < 0.5
    weight = CLOTHES.known_weight * np.minimum(weights[coarse], 1)
    weight = np.where(head, CLOTHES.known_weight, weight)
    wanted = np.where(head, CLOTHES.bare_mm, known[coarse])
    area = vertex_areas(base, triangles, len(coarse))
    solved = spread(wanted, weight, prior, CLOTHES.reach_mm, cotangents(base, triangles, len(coarse)), area)
    whole = np.full(count, CLOTHES.bare_mm)
    whole[coarse] = solved
    return fine.field(whole)


def _cut_height(points: np.ndarray, mask: np.ndarray, fit: HeadFit) -> float:
    """y at which the trunk is cut flat: where the photo ends, or below the chest."""
    lowest = float(np.nanpercentile(points[..., 1][mask], 99.5))
    return min(lowest, float(fit.shift_mm[1] + fit.scale * CLOTHES.longest_mm)) - 3


def _trunk(sight: Sight, view: HeadView, mask: np.ndarray, fit: HeadFit) -> np.ndarray:
    """(X, Y, Z) mm, from the visible surface to a back that is rounded towards the outline."""
    front = extended(view.depth, mask)
    middle = float(fit.shift_mm[2] + fit.scale * CLOTHES.trunk_behind_mm)
    closed = ndimage.binary_closing(np.pad(mask, 20, mode="edge"), iterations=12)[20:-20, 20:-20]
    inside_mm = np.maximum(-signed_distance(closed), 0) * front / view.camera.fx
    share = np.clip(inside_mm / (fit.scale * CLOTHES.round_mm), 0, 1)
    bulge = fit.scale * CLOTHES.half_depth_mm * np.sqrt(1 - (1 - share) ** 2)
    rim = _rim(front, mask, middle)
    back = np.maximum(rim + bulge, front + np.minimum(1.2 * inside_mm, 40))
    back = ndimage.gaussian_filter(back, 2.0)
    return np.maximum(np.maximum(sight.before(front), -sight.before(back)), sight.beside(mask))


def _rim(front: np.ndarray, mask: np.ndarray, middle: float) -> np.ndarray:
    """(H, W) mm, the depth of the trunk's middle surface: the visible surface's own depth at the outline, filled in."""
    eroded = cv2.erode(np.pad(mask.astype(np.uint8), 3, mode="edge"), np.ones((5, 5), np.uint8))[3:-3, 3:-3]
    edge = mask & (eroded == 0)
    depth = np.clip(front, middle - 90, middle + 60)
    filled = pull_push(depth[..., None].astype(np.float32), edge.astype(np.float32))[..., 0]
    return 0.5 * filled + 0.5 * middle
