"""The flying pixels of a blurred silhouette, which lie in the air between two surfaces."""

from __future__ import annotations

import math

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.geometry.clean.outliers import OPPOSITES, opposite_neighbours
from worker.geometry.jumps import GRAZING_SLOPE

RAMP_RATIO = 0.03
"""The least height of a blurred silhouette, as a part of the depth."""
OUTLINE_SHARE = 1 / 100
"""Width of the outline of a map without background, as a part of the picture's long side."""


def flying_pixels(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool, the pixels in between two surfaces, which a network or a resize draws where one hides the other.

    A pixel flies if depth climbs steeply through it, on both of its sides, along a row, a column or a diagonal, and
    the climb around it is higher than RAMP_RATIO. The two ends of the climb are surface and stay. A climb that ends in
    nothing, at the outline of a map without background, is a surface that turns away, and stays too.
    """
    slope = depth * (GRAZING_SLOPE / camera.fx)
    flying = np.zeros(depth.shape, bool)
    for step_v, step_u in OPPOSITES:
        flying |= _climbs_through(depth, slope * math.hypot(step_v, step_u), step_v, step_u)
    nearest, farthest = extremes(depth, np.ones((7, 7), np.uint8))
    climb = np.where(flying, farthest, 0) - np.where(flying, nearest, 0)
    return flying & (climb > RAMP_RATIO * depth) & ~_beside_nothing(depth)


def spoiled_by_ramps(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool, the flying pixels and the ends of their climbs, which the same blur has bent."""
    size = 2 * max(1, round(max(depth.shape) / 512)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    spoiled = cv2.dilate(flying_pixels(depth, camera).astype(np.uint8), window).astype(bool)
    return spoiled & np.isfinite(depth)


def extremes(depth: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) float32 nearest and farthest depth in a window; where that is all NaN, nearest is above farthest."""
    known = np.isfinite(depth)
    nearest = cv2.erode(np.where(known, depth, np.inf).astype(np.float32), window)
    return nearest, cv2.dilate(np.where(known, depth, -np.inf).astype(np.float32), window)


def _climbs_through(depth: np.ndarray, slope: np.ndarray, step_v: int, step_u: int) -> np.ndarray:
    before, after = opposite_neighbours(depth, step_v, step_u)
    into, out = depth - before, after - depth
    return (np.minimum(into, out) > slope) | (np.maximum(into, out) < -slope)


def _beside_nothing(depth: np.ndarray) -> np.ndarray:
    """(H, W) bool, True within OUTLINE_SHARE of the picture's long side from where there is no depth."""
    away = cv2.distanceTransform(np.isfinite(depth).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return away <= OUTLINE_SHARE * max(depth.shape)
