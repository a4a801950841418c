"""The ramps that a network draws where one surface hides another, parted into the two again."""

from __future__ import annotations

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.geometry.clean.holes import nearest_places
from worker.geometry.fuse.sight import inside_px, mean_nearby

STEEP = 6.0
"""A surface that falls away by more than so many times a pixel's width is a ramp where an outline is near."""
REACH_MM = 14.0
"""How far inside an outline its ramp reaches, at most, and how far outside."""
SOFT_MM = 4.0
"""Sigma of the blur of what a rim is continued from, which keeps it free of streaks."""
STEEPEST = 1.5
"""A rim is continued no more steeply than this many times a pixel's width."""

PERCENTILES = (3.0, 97.0)
"""Of a person's depth, between which they lie ..."""
FAR_OFF = 0.7
"""... and by so much of that farther back, nothing is them."""


def parted(depth: np.ndarray, person: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Depth whose step from a person to what lies behind is as sharp as the outline.

    Args:
        depth: (H, W) float mm, finite.
        person: (H, W) bool.
        camera: of that grid.
    Returns:
        (H, W) float32: the person continued outwards over their side of the ramp, the background inwards over its own.
    """
    if person.all() or not person.any():
        return depth.astype(np.float32)
    pixel_mm = float(np.median(depth[person])) / camera.fx
    reach_px = max(2.0, REACH_MM / pixel_mm)
    ramp = _ramps(depth, camera)
    result = depth.astype(np.float32, copy=True)
    for side in (person, ~person):
        near = inside_px(side) <= reach_px
        lost = side & near & _outward_of(ramp & side & near, side, reach_px)
        if side is person:
            lost |= _far_off(depth, person)
        kept = side & ~lost
        if not lost.any() or not kept.any():
            continue
        if side is person:
            result[lost] = _continued(depth, kept, lost, SOFT_MM / pixel_mm, STEEPEST * pixel_mm)
        else:
            result[lost] = depth[nearest_places(kept, lost)]
    return result


def _far_off(depth: np.ndarray, person: np.ndarray) -> np.ndarray:
    """(H, W) bool: what of a person the map puts far behind all the rest: strands that it does not see."""
    near, far = np.percentile(depth[person], PERCENTILES)
    return person & (depth > far + FAR_OFF * (far - near))


def _ramps(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool: where a map falls away too steeply to be a surface that anybody sees."""
    logarithm = np.log(depth.astype(np.float32))
    slope = np.hypot(*np.gradient(logarithm)) * camera.fx
    return cv2.dilate((slope > STEEP).astype(np.uint8), np.ones((3, 3))) > 0


def _outward_of(ramp: np.ndarray, side: np.ndarray, reach_px: float) -> np.ndarray:
    """(H, W) bool: the ramps, and what lies between them and the outline."""
    inward = inside_px(side)
    size = 2 * max(1, round(reach_px / 2)) + 1
    deepest = cv2.dilate(np.where(ramp, inward, 0).astype(np.float32), np.ones((size, size), np.uint8))
    return ramp | ((deepest > 0) & (inward <= deepest))


def _continued(depth: np.ndarray, kept: np.ndarray, lost: np.ndarray, sigma_px: float, steepest: float) -> np.ndarray:
    """(N,) what is lost, continued along the mean slope of what is kept nearby."""
    fine, smooth = (mean_nearby(depth, kept, sigma) for sigma in (sigma_px / 4, sigma_px))
    inner = kept & (cv2.erode(kept.astype(np.uint8), np.ones((3, 3)), borderValue=1) > 0)
    down, right = (mean_nearby(slope, inner, 2 * sigma_px) for slope in np.gradient(smooth))
    limit = np.minimum(1, steepest / np.maximum(np.hypot(down, right), 1e-6))
    place = np.nonzero(lost)
    edge = nearest_places(kept, lost)
    away = [own - at for own, at in zip(place, edge, strict=True)]
    filled = fine[edge] + limit[edge] * (down[edge] * away[0] + right[edge] * away[1])
    whole = np.where(kept, depth, 0).astype(np.float32)
    whole[lost] = filled
    return mean_nearby(whole, kept | lost, max(0.5, sigma_px / 2))[lost]
