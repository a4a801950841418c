"""Disparity made metric by a face whose depth is known: 1 / depth = a * disparity + b.

A network's disparity lacks scale and shift. Landmarks give a face's depth in mm, and two numbers are all it takes to
carry that over to everything else in the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import Intrinsics, unproject
from worker.geometry.fuse.robust_line import robust_line
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

HORIZON = 20.0
"""Nothing is put farther away than so many times the face: far things have no measurable disparity."""


@dataclass(frozen=True)
class Acceptance:
    """When a fit is believed."""

    least_weight: float = 200.0
    """Fully visible face pixels that a fit needs."""
    largest_residual_mm: float = 8.0
    """A flat plane misses a face by 13 mm: a fit as bad as that has found nothing."""
    least_explained: float = 0.5
    """The part of the variance of the face's inverse depth that the disparity has to explain."""


ACCEPTANCE = Acceptance()


class AnchorError(ValueError):
    """The disparity does not fit the face; the message says in which way."""


@dataclass(frozen=True)
class Anchor:
    """Scale and shift of a disparity: 1 / depth_mm = a * disparity + b.

    residual_mm: weighted root mean square of what the fit misses the face's depth by.
    explained: part of the variance of the face's inverse depth that it explains, 0..1.
    face_mm: the face's median depth.
    """

    a: float
    b: float
    residual_mm: float
    explained: float
    face_mm: float


def fit_anchor(disparity: np.ndarray, face_mm: np.ndarray, weight: np.ndarray) -> Anchor:
    """Fit a disparity to a face's depth.

    Args:
        disparity: (H, W) float, larger is nearer; NaN where unknown.
        face_mm: (H, W) float, the face's depth in mm; NaN beside it.
        weight: (H, W) float, 0..1: how far each pixel of the face is to be trusted; see `visibility`.
    Raises:
        AnchorError: too little face, or no increasing line that fits it.
    Source: Ranftl et al., Towards Robust Monocular Depth Estimation, TPAMI 2022, section 5.
    """
    use = np.isfinite(disparity) & np.isfinite(face_mm) & (weight > 0)
    seen, needed = weight[use].sum(), ACCEPTANCE.least_weight
    if seen < needed:
        raise AnchorError(f"only {seen:.0f} pixels of the face are visible; {needed:.0f} are needed")
    x, depth, w = (values[use].astype(np.float64) for values in (disparity, face_mm, weight))
    line = robust_line(x, 1 / depth, w)
    anchor = _judged(line.slope, line.intercept, x, depth, w * line.trust)
    if not anchor.a > 0:
        raise AnchorError("nearer parts of the face have less disparity, not more")
    if anchor.explained < (needed := ACCEPTANCE.least_explained):
        raise AnchorError(f"the disparity explains {anchor.explained:.0%} of the face; {needed:.0%} are needed")
    if anchor.residual_mm > (allowed := ACCEPTANCE.largest_residual_mm):
        raise AnchorError(f"it misses the face by {anchor.residual_mm:.1f} mm; at most {allowed:g} are allowed")
    return anchor


def depth_from_anchor(disparity: np.ndarray, anchor: Anchor) -> np.ndarray:
    """Metric depth from disparity: (H, W) float32 mm, at most HORIZON times the face's; NaN where unknown."""
    inverse = anchor.a * disparity.astype(np.float64) + anchor.b
    return (1 / np.maximum(inverse, 1 / (HORIZON * anchor.face_mm))).astype(np.float32)


def visibility(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) float32, how squarely a surface is seen: squared cosine between normal and ray; 0 where unknown.

    A pixel of a slanted surface covers more of it, and a small shift of the outline moves its depth far.
    """
    normal = normals_of(depth, camera, links_of(depth, camera))
    ray = unproject(np.ones(depth.shape), camera)
    cosine = -(normal * ray).sum(-1) / np.linalg.norm(ray, axis=-1)
    return np.where(np.isfinite(cosine), np.clip(cosine, 0, 1) ** 2, 0).astype(np.float32)


def _judged(a: float, b: float, x: np.ndarray, depth: np.ndarray, weight: np.ndarray) -> Anchor:
    y = 1 / depth
    total = weight.sum()
    missed = y - a * x - b
    spread = (weight * (y - (weight * y).sum() / total) ** 2).sum()
    explained = 1 - (weight * missed**2).sum() / spread if spread > 0 else 0.0
    residual_mm = np.sqrt((weight * (missed * depth**2) ** 2).sum() / total)  # d depth = depth^2 d(1 / depth)
    return Anchor(a, b, float(residual_mm), float(explained), float(np.median(depth)))
