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
from worker.head.bodies import Cover, bottom_of, carved, pixel_area
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
    least_mm: float = 2.0  # thinnest hair
    most_mm: float = 45.0  # thickest over the scalp; what is farther away is not a shell
    least_area_mm2: float = 1500.0  # of hair in the photo; less is none
    deep_mm: float = 25.0  # so far below hair its body goes
    round_mm: float = 8.0  # where bodies meet
    loose_mm: float = 30.0  # depth of hair that stands free
    hanging_mm: float = 55.0  # below the eyes: hair there, and so far from the middle, hangs
    beside_mm: float = 62.0
    ears_mm: float = 35.0  # behind the eyes: what lies before it is a beard
    nape_mm: float = 105.0  # below the eyes: no hair on the skin below
    tip_mm: float = 50.0  # of height in which hanging hair gets narrower at its lower end
    hanging_area_mm2: float = 900.0  # less of it is none
    occiput_mm: float = 15.0  # how much farther back than on the skull hair hangs
    middle_mm: float = 75.0  # behind the eyes: hanging hair is looked for behind it
    slice_mm: float = 15.0  # of height, in which its breadth is measured
    hanging_round_mm: float = 25.0
    face_low_mm: tuple[float, float, float] = (-68.0, 5.0, -60.0)  # of the face without the forehead, in its frame
    face_high_mm: tuple[float, float, float] = (68.0, 150.0, 62.0)
    beard_mm: float = 10.0  # thinner hair on the face is its texture's
    brow_mm: float = 22.0  # above the eyes: what is worn there is on the head


HAIR = HairSettings()
RULES = LayerRules(least=HAIR.least_mm, most=HAIR.most_mm, bare=-3.0, prior=8.0, cover_reach=40.0, thick_reach=150.0)


def hair_of(view: HeadView, skin: Skin, fit: HeadFit, model: HeadModel) -> Cover | None:
    """The hair of a person; None where the photo shows none.

    Args:
        view: on a grid of at most some hundred pixels.
        skin: in the photo's expression.
        fit: of the model.
        model: the head model.
    """
    points = unproject(view.depth.astype(float), view.camera)
    own = fit.in_head_frame(points)  # (H, W, 3) the head's own frame
    mask = hair_mask(view, own)
    mask &= ~_on_face(points, mask, skin, fit)
    area = pixel_area(view)
    if area[mask].sum() < HAIR.least_area_mm2 * fit.scale**2:
        return None
    thickness = layer_mm(points[mask], points[view.shows(PointClass.SKIN)], model.scalp, RULES, skin, model)
    height = fit.in_head_frame(skin.points)[:, 1]
    thickness = np.where((height < HAIR.nape_mm) & ~_face_zone(skin, fit), thickness, RULES.bare)
    grid = _grid(points[mask], skin, thickness)
    if grid is None:
        return None
    sight = Sight.of(view, grid.points)
    distance = smooth_union(skin.shell(thickness, grid, HAIR.deep_mm), _seen(sight, view, mask, skin), HAIR.round_mm)
    if (hanging := _hanging(own, mask, area, thickness, fit, skin, grid)) is not None:
        distance = smooth_union(distance, hanging, HAIR.hanging_round_mm)
    distance = carved(distance, sight, mask)
    distance = np.maximum(distance, grid.points[..., 1] - bottom_of(view, points))
    return Cover(largest_body(ndimage.gaussian_filter(distance, 0.6)), grid, thickness, mask)


def _on_face(points: np.ndarray, mask: np.ndarray, skin: Skin, fit: HeadFit) -> np.ndarray:
    """(H, W) bool, pixels of stubble, moustache and short beard: hair so near to the face that its texture has it."""
    offset, nearest = skin.offsets(points[mask])
    found = np.zeros(mask.shape, bool)
    found[mask] = _face_zone(skin, fit)[nearest] & (np.abs(offset) < HAIR.beard_mm)
    return found


def _face_zone(skin: Skin, fit: HeadFit) -> np.ndarray:
    """(S,) bool, vertices of the face without the forehead."""
    own = fit.in_head_frame(skin.points)
    return np.asarray(((own > HAIR.face_low_mm) & (own < HAIR.face_high_mm)).all(1))


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
    across = np.maximum(sight.beside(mask), sight.beyond())
    return np.maximum(np.maximum(sight.before(front), (sight.z - back) / 2), across)


def _hanging(
    own: np.ndarray, mask: np.ndarray, area: np.ndarray, thickness: np.ndarray, fit: HeadFit, skin: Skin, grid: Voxels
) -> np.ndarray | None:
    """(X, Y, Z) mm, the curtain of hair from the back of the head down; None where no hair hangs.

    Its breadth at each height is that of the hair in the photo; `own` (H, W, 3) is in the head's frame.
    """
    low = mask & (own[..., 1] > HAIR.hanging_mm) & (np.abs(own[..., 0]) > HAIR.beside_mm) & (own[..., 2] > HAIR.ears_mm)
    if area[low].sum() < HAIR.hanging_area_mm2 * fit.scale**2:
        return None
    x, y, z = np.moveaxis(fit.in_head_frame(grid.points), -1, 0)
    inner = fit.in_head_frame(skin.points)
    occiput = (np.abs(inner[:, 1]) < 60) & (np.abs(inner[:, 0]) < 20)
    back = float((inner[:, 2] + np.maximum(thickness, 0) / fit.scale)[occiput].max())
    heights = np.arange(0.0, float(y.max()) + HAIR.slice_mm, HAIR.slice_mm)
    sides = [_side(own[mask], heights, sign) for sign in (-1, 1)]
    ends = [
        float(np.percentile(own[low & (own[..., 0] * sign > 0)][:, 1], 98, method="nearest"))
        if area[low & (own[..., 0] * sign > 0)].sum() > HAIR.hanging_area_mm2 / 4
        else HAIR.hanging_mm
        for sign in (-1, 1)
    ]
    left, right = (np.interp(y, heights, side) for side in sides)
    middle, half = (right - left) / 2, (right + left) / 2
    behind = back + HAIR.occiput_mm * np.clip(y / 100, 0, 1)
    deep = np.maximum(behind - HAIR.middle_mm, 20)
    share = np.clip((x - middle) / half, -1, 1) * 0.5 + 0.5
    end = ends[0] + (ends[1] - ends[0]) * share
    tip = np.clip((y - end) / HAIR.tip_mm + 1, 0, 1.2)
    radius = np.abs((x - middle) / half) ** 2.5 + np.abs((z - HAIR.middle_mm) / deep) ** 2.5 + 0.8 * tip**2.5
    body = (radius**0.4 - 1) * np.minimum(half, deep)
    body = np.maximum(body, HAIR.middle_mm - z)  # what hangs in front is what the photo shows
    return np.asarray(np.maximum(body, -y) * fit.scale, np.float32)  # above the eyes' height it is the shell


def _side(points: np.ndarray, heights: np.ndarray, sign: int) -> np.ndarray:
    """(K,) mm how far hair (P, 3) reaches to one side of the head's middle at each height, smoothly."""
    reach, height = points[:, 0] * sign, points[:, 1]
    found = np.full(len(heights), np.nan)
    for k, at in enumerate(heights):
        near = reach[(np.abs(height - at) < HAIR.slice_mm) & (reach > HAIR.beside_mm - 10)]
        if len(near) > 5:
            found[k] = np.percentile(near, 95)
    if not np.isfinite(found).any():
        return np.full(len(heights), HAIR.beside_mm)
    known = np.flatnonzero(np.isfinite(found))
    filled = np.interp(np.arange(len(heights)), known, found[known])
    return np.asarray(ndimage.gaussian_filter1d(filled, 1.0, mode="nearest"))
