"""Where a depth map is torn: links between neighbouring pixels, and the flying pixels of a blurred silhouette.

A step between neighbours is a jump only if it is both large for its distance and steeper than a surface can look. The
slope is measured in space, `step * f / depth`: the tangent of the angle at which the surface leans away from the
viewer. So the rule follows distance and pixel size alike, and a steep but continuous cheek stays whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.pointcloud import Unit

GRAZING_SLOPE = math.tan(math.radians(82.0))
"""A sphere the size of a head leans more than 82 degrees only in the last millimetre before its outline."""
JUMP_RATIO = 0.02
"""The smallest jump, as a part of the depth: 12 mm at 60 cm, more than the height of a nostril or a lip."""
RAMP_RATIO = 0.03
"""The least height of a blurred silhouette, as a part of the depth."""
BRIDGED_RATIO = 0.12
"""In a body of known size, gaps no deeper than this part of the depth are closed: 7 cm at 60 cm. A nose that hides a
cheek, or a chin that hides a neck, leaves a steep wall instead of a hole to look through."""
OUTLINE_SHARE = 1 / 100
"""Width of the outline of a map without background, as a part of the picture's long side."""


@dataclass(frozen=True)
class Links:
    """Which neighbours lie on one surface.

    right: (H, W - 1) bool, pixel (v, u) with (v, u + 1).
    down: (H - 1, W) bool, pixel (v, u) with (v + 1, u).
    """

    right: np.ndarray
    down: np.ndarray


def jump_ratio(focal_px: float) -> float:
    """The largest depth step within one surface, as a part of the depth, between pixels side by side."""
    return max(JUMP_RATIO, GRAZING_SLOPE / focal_px)


def joined_ratio(camera: Intrinsics, unit: Unit) -> float:
    """The largest depth step over which a cloud's surface goes on, as a part of the depth; the cloud carries it."""
    return max(jump_ratio(camera.fx), BRIDGED_RATIO if unit == "mm" else 0)


def same_surface(a: np.ndarray, b: np.ndarray, ratio: float) -> np.ndarray:
    """True where depths a and b differ by at most this part of the nearer one; False where either is NaN."""
    return np.abs(a - b) <= ratio * np.minimum(a, b)


def links_of(depth: np.ndarray, camera: Intrinsics) -> Links:
    """Find which neighbouring pixels of a depth map (H, W) lie on one surface."""
    return Links(
        right=same_surface(depth[:, :-1], depth[:, 1:], jump_ratio(camera.fx)),
        down=same_surface(depth[:-1], depth[1:], jump_ratio(camera.fy)),
    )


def flying_pixels(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Find the pixels in between two surfaces, which a network or a resize draws where one hides the other.

    A pixel flies if depth climbs steeply through it, on both of its sides, along a row, a column or a diagonal, and
    the climb around it is higher than RAMP_RATIO. The two ends of the climb are surface and stay. A climb that ends in
    nothing, at the outline of a map without background, is a surface that turns away, and stays too.

    Args:
        depth: (H, W) float, NaN where unknown.
        camera: of that grid.
    Returns:
        (H, W) bool.
    """
    slope = depth * (GRAZING_SLOPE / camera.fx)
    flying = np.zeros(depth.shape, bool)
    for step_v, step_u in ((0, 1), (1, 0), (1, 1), (1, -1)):
        flying |= _climbs_through(depth, slope * math.hypot(step_v, step_u), step_v, step_u)
    return flying & (_window_range(depth, radius=3) > RAMP_RATIO * depth) & ~_beside_nothing(depth)


def spoiled_by_ramps(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool, the flying pixels and the ends of their climbs, which the same blur has bent."""
    size = 2 * max(1, round(max(depth.shape) / 512)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    spoiled = cv2.dilate(flying_pixels(depth, camera).astype(np.uint8), window).astype(bool)
    return spoiled & np.isfinite(depth)


def _climbs_through(depth: np.ndarray, slope: np.ndarray, step_v: int, step_u: int) -> np.ndarray:
    padded = np.pad(depth, 1, constant_values=np.nan)
    height, width = depth.shape
    before = padded[1 - step_v : 1 - step_v + height, 1 - step_u : 1 - step_u + width]
    after = padded[1 + step_v : 1 + step_v + height, 1 + step_u : 1 + step_u + width]
    into, out = depth - before, after - depth
    return (np.minimum(into, out) > slope) | (np.maximum(into, out) < -slope)


def _beside_nothing(depth: np.ndarray) -> np.ndarray:
    """(H, W) bool, True within OUTLINE_SHARE of the picture's long side from where there is no depth."""
    away = cv2.distanceTransform(np.isfinite(depth).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return away <= OUTLINE_SHARE * max(depth.shape)


def _window_range(depth: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) difference between the farthest and the nearest depth in a window; NaN pixels are left out."""
    known = np.isfinite(depth)
    window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    farthest = cv2.dilate(np.where(known, depth, -np.inf).astype(np.float32), window)
    nearest = cv2.erode(np.where(known, depth, np.inf).astype(np.float32), window)
    return np.where(known, farthest, 0) - np.where(known, nearest, 0)
