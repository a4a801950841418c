"""Hair, and what is worn on the head, as one closed body over the skin.

Three bodies together: a shell over the scalp, as thick as the photo shows it, continued to the back; what the photo
shows of hair, from its visible surface inward; and where hair hangs beside the neck, a curtain from the back of the
head down. Nothing of it lies in front of the visible surface or beside the person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from shared.cloud.camera import project, unproject
from shared.cloud.classes import PointClass
from worker.geometry.raster import rasterise
from worker.head.bodies import Cover, carved, pixel_area
from worker.head.body import Skin
from worker.head.fit.head_fit import HeadFit
from worker.head.layers import LayerRules, layer_mm
from worker.head.model.head_model import HeadModel
from worker.head.sight import Sight, extended, signed_distance
from worker.head.view import HeadView
from worker.head.voxels import Voxels, largest_body, smooth_union


@dataclass(frozen=True)
class HairSettings:
    """Lengths in mm of a head of mean size; chosen by eye on photos."""

    step_mm: float = 5.0  # of the grid
    most_points: int = 260_000
    least_mm: float = 3.0  # thinnest hair
    most_mm: float = 45.0  # thickest over the scalp; what is farther away is not a shell
    least_area_mm2: float = 1500.0  # of hair in the photo; less is none
    round_mm: float = 8.0  # where bodies meet
    loose_mm: float = 30.0  # depth of hair that stands free
    hanging_mm: float = 55.0  # below the eyes: hair there, and so far from the middle, hangs
    beside_mm: float = 62.0
    hanging_area_mm2: float = 900.0  # less of it is none
    occiput_mm: float = 20.0  # how far beyond the skull's back hanging hair lies
    brow_mm: float = 22.0  # above the eyes: what is worn there is on the head


HAIR = HairSettings()
RULES = LayerRules(
    least=HAIR.least_mm, most=HAIR.most_mm, bare=-HAIR.least_mm, prior=8.0, cover_reach=40.0, thick_reach=150.0
)


def hair_of(view: HeadView, skin: Skin, fit: HeadFit, model: HeadModel) -> Cover | None:
    """The hair of a person; None where the photo shows none.

    Args:
        view: on a grid of at most some hundred pixels.
        skin: in the photo's expression.
        fit: of the model.
        model: the head model.
    """
    points = unproject(view.depth.astype(float), view.camera)
    own = (points - fit.shift_mm) @ fit.rotation / fit.scale  # (H, W, 3) the head's own frame
    mask = hair_mask(view, own)
    area = pixel_area(view)
    if area[mask].sum() < HAIR.least_area_mm2 * fit.scale**2:
        return None
    thickness = layer_mm(points[mask], points[view.shows(PointClass.SKIN)], model.scalp, RULES, skin, model)
    grid = _grid(points[mask], skin, thickness)
    if grid is None:
        return None
    sight = Sight.of(view, grid.points)
    distance = smooth_union(skin.shell(thickness, grid), _seen(sight, view, mask, skin), HAIR.round_mm)
    if (hanging := _hanging(sight, view, own, mask, area, fit, skin, grid)) is not None:
        distance = smooth_union(distance, hanging, HAIR.round_mm)
    distance = carved(distance, sight, mask)
    return Cover(largest_body(ndimage.gaussian_filter(distance, 0.6)), grid, thickness, mask)


def hair_mask(view: HeadView, own: np.ndarray) -> np.ndarray:
    """(H, W) bool, pixels of hair, and of what is worn above the brows; `own` (H, W, 3) mm in the head's frame."""
    above = own[..., 1] < -HAIR.brow_mm
    worn = view.shows(PointClass.OTHER, PointClass.CLOTHES) & above
    return view.shows(PointClass.HAIR) | worn


def _grid(points: np.ndarray, skin: Skin, thickness: np.ndarray) -> Voxels | None:
    """A grid round all that is hair."""
    covered = skin.points[thickness > 0]
    if len(covered) < 20:
        return None
    extent = np.vstack([covered, points])
    margin = HAIR.most_mm / 2
    return Voxels.around(extent.min(0) - margin, extent.max(0) + margin, HAIR.step_mm, HAIR.most_points)


def _seen(sight: Sight, view: HeadView, mask: np.ndarray, skin: Skin) -> np.ndarray:
    """(X, Y, Z) mm, what the photo shows of hair, from its surface down to the skin, or as deep as loose hair is."""
    front = extended(view.depth, mask)
    triangles = skin.fine.triangles
    behind = rasterise(np.column_stack([project(skin.points, view.camera), skin.points[:, 2]]), triangles, mask.shape)
    inside_mm = np.maximum(-signed_distance(mask), 0) * front / view.camera.fx
    loose = np.minimum(1.5 * inside_mm, HAIR.loose_mm)
    gap = behind - front
    deep = np.where(np.isfinite(gap) & (gap < 80), np.maximum(gap, 0) + 2 * HAIR.least_mm, loose)
    deep = np.where(np.isfinite(gap) & (gap < HAIR.least_mm / 2), 0, deep)
    deep = ndimage.gaussian_filter(deep, 1.5)
    back = sight.looked_up(front + deep)
    return np.maximum(np.maximum(sight.before(front), (sight.z - back) / 2), sight.beside(mask))


def _hanging(
    sight: Sight,
    view: HeadView,
    own: np.ndarray,
    mask: np.ndarray,
    area: np.ndarray,
    fit: HeadFit,
    skin: Skin,
    grid: Voxels,
) -> np.ndarray | None:
    """(X, Y, Z) mm, the curtain of hair from the back of the head down; None where no hair hangs."""
    low = mask & (own[..., 1] > HAIR.hanging_mm) & (np.abs(own[..., 0]) > HAIR.beside_mm)
    if area[low].sum() < HAIR.hanging_area_mm2 * fit.scale**2:
        return None
    inner = (grid.points - fit.shift_mm) @ fit.rotation / fit.scale
    x, y, z = np.moveaxis(inner, -1, 0)
    skull = (skin.points - fit.shift_mm) @ fit.rotation / fit.scale
    back = float(skull[np.abs(skull[:, 1]) < 60, 2].max()) + HAIR.occiput_mm
    ends = []
    for side in (-1, 1):
        there = low & (own[..., 0] * side > 0)
        enough = area[there].sum() > HAIR.hanging_area_mm2 / 4
        ends.append(float(np.percentile(own[there][:, 1], 97)) if enough else HAIR.hanging_mm)
    half = float(np.percentile(np.abs(own[low][:, 0]), 97)) + 6
    share = np.clip(x / half, -1, 1) * 0.5 + 0.5
    end = ends[0] + (ends[1] - ends[0]) * share
    middle = back - 85
    radius = np.hypot(x / half, np.maximum(z - middle, 0) / 85)
    body = (radius - 1) * min(half, 85)
    body = np.maximum(body, (middle - 10) - z)  # what hangs in front is what the photo shows
    body = np.maximum(body, y - end)
    return np.asarray(np.maximum(body, -y) * fit.scale)  # from the eyes' height down: above it is the shell
