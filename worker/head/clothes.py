"""Clothes, and the trunk below the head model, as one closed body: the visible surface and a rounded back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from shared.cloud.camera import unproject
from shared.cloud.classes import PointClass
from worker.head.bodies import Cover, bottom_of, carved, pixel_area
from worker.head.body import FAR_MM, Skin
from worker.head.fill import pull_push
from worker.head.fit.head_fit import HeadFit
from worker.head.layers import LayerRules, layer_mm
from worker.head.model.head_model import HeadModel
from worker.head.sight import Sight, extended, signed_distance
from worker.head.view import HeadView
from worker.head.voxels import Voxels, largest_body, smooth_union


@dataclass(frozen=True)
class ClothesSettings:
    """Lengths in mm of a person whose head is of mean size; chosen by eye on photos."""

    step_mm: float = 8.0
    most_points: int = 200_000
    highest_mm: float = 60.0  # below the eyes: no clothes above
    chin_mm: float = 95.0  # below the eyes: clothes are looked for from there on
    longest_mm: float = 480.0  # below the eyes: where the trunk is cut
    least_area_mm2: float = 12_000.0
    least_share: float = 0.43  # of all below the chin; less is a bare bust
    beyond_mm: float = 20.0  # skin so far from the model's is the trunk's
    round_mm: float = 120.0  # how far from the outline the back is rounded
    shoulder_mm: float = 120.0  # below the eyes: what is higher is no trunk, and thin
    least_depth_mm: float = 40.0  # of what is seen, at least, where it is wide
    union_mm: float = 12.0
    collar_mm: float = 190.0  # below the eyes, and half of how far behind them: the neck's foot
    collar_ramp_mm: float = 30.0
    collar_wide_mm: float = 95.0  # from the neck's middle: beyond it the photo alone says where shoulders are
    back_mm: float = 10.0  # of cloth on the back


CLOTHES = ClothesSettings()
RULES = LayerRules(least=3.0, most=30.0, bare=-6.0, prior=6.0, cover_reach=35.0, thick_reach=80.0)


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
    mask = _mask(view, points, hair, skin, fit)
    if mask is None:
        return None
    likely = np.clip((_collar_height(model) - CLOTHES.collar_mm) / CLOTHES.collar_ramp_mm + 0.5, 0, 1)
    off = points[view.shows(PointClass.SKIN) & ~mask]
    thickness = layer_mm(points[mask], off, likely, RULES, skin, model)
    thickness = np.where(skin.fine.field(model.neck.astype(float)) > 0.5, thickness, RULES.bare)
    cut = _cut_height(view, points, fit)
    grid = _grid(points[mask & (points[..., 1] < cut)], skin, thickness, cut)
    sight = Sight.of(view, grid.points)
    shell = skin.shell(thickness, grid, used=lambda points: _beside_neck(points, fit) < FAR_MM)
    neck = np.maximum(shell, _beside_neck(grid.points, fit))
    distance = smooth_union(_trunk(sight, view, mask, skin, fit, model), neck, CLOTHES.union_mm)
    distance = ndimage.gaussian_filter(carved(distance, sight, mask), 0.6)
    distance = np.maximum(distance, grid.points[..., 1] - cut)
    return Cover(largest_body(distance), grid, thickness, mask)


def _collar_height(model: HeadModel) -> np.ndarray:
    """(N,) mm, how far below the eyes, the collar's slope from nape to throat taken out; 0 on the head."""
    return np.where(model.neck > 0.5, model.mean[:, 1] + 0.5 * model.mean[:, 2], 0).astype(float)


def _mask(view: HeadView, points: np.ndarray, hair: np.ndarray, skin: Skin, fit: HeadFit) -> np.ndarray | None:
    """(H, W) bool, pixels of clothes and of skin that the model does not have; None where there are hardly any."""
    own = fit.in_head_frame(points)
    down = (points[..., 1] - fit.shift_mm[1]) / fit.scale
    below = own[..., 1] > CLOTHES.chin_mm
    cloth = view.shows(PointClass.CLOTHES, PointClass.OTHER) & (own[..., 1] > CLOTHES.highest_mm)
    area = pixel_area(view)
    least = max(CLOTHES.least_area_mm2 * fit.scale**2, CLOTHES.least_share * area[view.person & below].sum())
    if area[cloth & below].sum() < least:
        return None
    bare = view.shows(PointClass.SKIN) & below
    far = np.zeros(bare.shape, bool)
    far[bare] = np.abs(skin.offsets(points[bare])[0]) > CLOTHES.beyond_mm
    return np.asarray((cloth | far) & ~hair & (down < CLOTHES.longest_mm))


def _cut_height(view: HeadView, points: np.ndarray, fit: HeadFit) -> float:
    """y at which the trunk is cut flat: where the photo ends, or below the chest."""
    return min(bottom_of(view, points), float(fit.shift_mm[1] + fit.scale * CLOTHES.longest_mm) - 3)


def _grid(points: np.ndarray, skin: Skin, thickness: np.ndarray, cut: float) -> Voxels:
    """A grid round the trunk."""
    covered = skin.points[(thickness > 0) & (skin.points[:, 1] < cut)]
    extent = np.vstack([points, covered])
    low, high = extent.min(0) - 20, extent.max(0) + 20
    high[2] += 2 * CLOTHES.back_mm
    return Voxels.around(low, high, CLOTHES.step_mm, CLOTHES.most_points)


def _beside_neck(points: np.ndarray, fit: HeadFit) -> np.ndarray:
    """(...) mm by which points (..., 3) lie beside the neck and its foot: there it is the shoulders."""
    foot = fit.placed(np.array([0.0, 150.0, 100.0]))
    beside = np.hypot(points[..., 0] - foot[0], points[..., 2] - foot[2])
    return np.asarray(beside - fit.scale * CLOTHES.collar_wide_mm)


def _trunk(sight: Sight, view: HeadView, mask: np.ndarray, skin: Skin, fit: HeadFit, model: HeadModel) -> np.ndarray:
    """(X, Y, Z) mm, from the visible surface to a back that is rounded towards the outline."""
    front = extended(view.depth, mask)
    trunk = skin.points[skin.fine.field(_collar_height(model)) > CLOTHES.collar_mm + 10]
    near, far = np.percentile(trunk[:, 2], [3, 97])
    middle = float(near + far) / 2
    closed = ndimage.binary_closing(np.pad(mask, 24, mode="edge"), iterations=16)[24:-24, 24:-24]
    inside_mm = np.maximum(-signed_distance(closed), 0) * front / view.camera.fx
    share = np.clip(inside_mm / (fit.scale * CLOTHES.round_mm), 0, 1)
    rim = _rim(front, mask, middle, float(far))
    back = rim + (far + CLOTHES.back_mm - rim) * np.sqrt(1 - (1 - share) ** 2)
    thin = front + np.minimum(inside_mm, CLOTHES.least_depth_mm)
    down = (unproject(front, view.camera)[..., 1] - fit.shift_mm[1]) / fit.scale
    upper = np.clip((CLOTHES.shoulder_mm - down) / CLOTHES.collar_ramp_mm + 0.5, 0, 1)
    back = np.maximum(back, thin) + upper * (np.minimum(back, thin) - np.maximum(back, thin))
    back = ndimage.gaussian_filter(back, 2.5)
    across = np.maximum(sight.beside(mask), sight.beyond(below=False))
    return np.maximum(np.maximum(sight.before(front), -sight.before(back)), across)


def _rim(front: np.ndarray, mask: np.ndarray, middle: float, far: float) -> np.ndarray:
    """(H, W) mm, the depth at which front and back meet: the visible surface's own at the outline, filled in."""
    eroded = cv2.erode(np.pad(mask.astype(np.uint8), 3, mode="edge"), np.ones((5, 5), np.uint8))[3:-3, 3:-3]
    edge = mask & (eroded == 0)
    depth = np.clip(front, middle - 60, far)
    filled = pull_push(depth[..., None].astype(np.float32), edge.astype(np.float32))[..., 0]
    return np.asarray(filled)
