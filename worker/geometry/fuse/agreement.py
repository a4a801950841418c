"""How far a network's normals are those of a surface that is right on the whole."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.geometry.fuse.sight import smooth_step
from worker.geometry.jumps import links_of
from worker.geometry.normals import degrees_between, normals_of


@dataclass(frozen=True)
class AgreementRule:
    """What agrees."""

    coarse_mm: float = 10.0  # sigma of the blur: what is finer, the surface does not know
    cells: float = 3.0  # so many cells of the coarse grid are one sigma
    # Normals that differ by less than the first, when blurred, count in full, and by more than the second, not at all.
    # Of a face, chosen on h0, h2 and h5, with normals that were exact, blurred, flat, tilted, noisy, and of no face.
    differs_deg: tuple[float, float] = (6.0, 12.0)
    least_facing: float = 0.4  # of a normal to the optical axis: slopes are compared where it is more
    most_gain: float = 3.0  # normals of a surface that is flatter by more are as good as none
    outlier: float = 0.3  # what is left of a slope of that size counts half, in the fit of the gain ...
    rounds: int = 5  # ... which is made so often
    least_cells: int = 9  # fewer say nothing
    least_share: float = 0.3  # where less of a surface agrees, that is chance; from twice of it on it is not


ON_FACE = AgreementRule()
BESIDE_FACE = AgreementRule(differs_deg=(10.0, 20.0))  # the surface itself is less sure there


@dataclass(frozen=True)
class Agreement:
    """Normals, next to a surface.

    gain: what their slopes are multiplied by to be the surface's on the whole; more than 1 where they draw it flat.
    weight: (H, W) float32, 0..1, how far they count, so multiplied; 0 beside the surface.
    share: of the surface that is so weighed, 0..1.
    angle_deg: median angle between the two, so multiplied and blurred; None where there is nothing to compare.
    sharpness: how far their fine relief counts besides, 0..1.
    """

    gain: float
    weight: np.ndarray
    share: float = 0.0
    angle_deg: float | None = None
    sharpness: float = 1.0


def agreement_of(
    normals: np.ndarray,
    depth: np.ndarray,
    at: np.ndarray,
    camera: Intrinsics,
    rule: AgreementRule = ON_FACE,
    gain: float | None = None,
) -> Agreement:
    """Compare a network's normals with a surface.

    Args:
        normals: (H, W, 3) float, unit vectors out of the surface in the camera frame, NaN where unknown.
        depth: (H, W) float mm.
        at: (H, W) bool, where the surface is; its depth is finite there.
        camera: intrinsics of that grid.
        rule: for that kind of surface.
        gain: where it is known better than from this surface.
    """
    nothing = Agreement(1.0 if gain is None else gain, np.zeros(depth.shape, np.float32))
    known = at & np.isfinite(normals[..., 2])
    if not known.any():
        return nothing
    sigma_px = rule.coarse_mm * camera.fx / float(np.median(depth[known]))
    shrink = max(1.0, sigma_px / rule.cells)
    coarse = camera.resized((max(1, round(camera.width / shrink)), max(1, round(camera.height / shrink))))
    own = _own_normals(depth, at, coarse)
    theirs, share = _means(normals, known, coarse)
    cells = (share > 0.5) & np.isfinite(own[..., 2])
    own, theirs = (_blurred(each, cells, sigma_px / shrink) for each in (own, theirs))
    facing = cells & (np.maximum(own[..., 2], theirs[..., 2]) < -rule.least_facing)
    if facing.sum() < rule.least_cells:
        return nothing
    gain = _gain(own[facing], theirs[facing], rule) if gain is None else gain
    angle = degrees_between(own, steeper(theirs, gain))
    low_deg, high_deg = rule.differs_deg
    agrees = np.where(cells, 1 - smooth_step(angle, low_deg, high_deg - low_deg), 0).astype(np.float32)
    agrees *= smooth_step(agrees[cells].mean(), rule.least_share, rule.least_share)
    weight = np.where(known, cv2.resize(agrees, (camera.width, camera.height)), np.float32(0))
    return Agreement(gain, weight, float(weight.sum() / at.sum()), float(np.median(angle[cells])))


def _own_normals(depth: np.ndarray, at: np.ndarray, coarse: Intrinsics) -> np.ndarray:
    """(h, w, 3) normals of a surface (H, W) mm on a coarser grid, NaN beside it."""
    means, share = _means(depth, at, coarse)
    small = np.where(share > 0.5, means, np.nan)
    return normals_of(small, coarse, links_of(small, coarse))


def _means(values: np.ndarray, at: np.ndarray, coarse: Intrinsics) -> tuple[np.ndarray, np.ndarray]:
    """Mean of values (H, W, ...) at some pixels in each cell of a coarser grid, and the cell's share of such pixels."""
    size_wh = coarse.width, coarse.height
    inside = at if values.ndim == 2 else at[..., None]
    share, total = (
        cv2.resize(part.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
        for part in (at, np.where(inside, values, 0))
    )
    weight = np.maximum(share, 1e-6)
    return total / (weight if values.ndim == 2 else weight[..., None]), share


def _blurred(normals: np.ndarray, at: np.ndarray, sigma_px: float) -> np.ndarray:
    """(H, W, 3) unit vectors: the mean direction round each."""
    total = cv2.GaussianBlur(np.where(at[..., None], normals, 0).astype(np.float32), (0, 0), sigma_px)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=-1, keepdims=True), 1e-9))


def _gain(own: np.ndarray, theirs: np.ndarray, rule: AgreementRule) -> float:
    """Robust least squares of the slopes of normals (N, 3) over those of others, 0 to the most."""
    slopes, others = (each[:, :2] / each[:, 2:] for each in (own, theirs))
    gain, weight = 1.0, np.ones((len(own), 1))
    for _ in range(rule.rounds):
        spread = float((weight * others**2).sum())
        gain = float(np.clip((weight * slopes * others).sum() / spread, 0, rule.most_gain)) if spread > 1e-9 else 1.0
        weight = 1 / (1 + np.square((slopes - gain * others) / rule.outlier).sum(1, keepdims=True))
    return gain


def steeper(normals: np.ndarray, gain: float) -> np.ndarray:
    """(H, W, 3) float32 unit normals, their slopes multiplied by a gain."""
    x, y, z = np.moveaxis(normals.astype(np.float32), -1, 0)
    length = np.sqrt(np.square(gain * x) + np.square(gain * y) + np.square(z))
    return np.dstack([gain * x, gain * y, z]) / np.maximum(length, 1e-9)[..., None]
