"""The flying pixels of a blurred silhouette, which lie in the air between two surfaces."""

from __future__ import annotations

import math

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.geometry.clean.outliers import OPPOSITES, Neighbours
from worker.geometry.jumps import GRAZING_SLOPE

RAMP_RATIO = 0.03
"""The least height of a blurred silhouette, as a part of the depth."""
OUTLINE_SHARE = 1 / 100
"""Width of the outline of a map without background, as a part of the picture's long side."""


def flying_pixels(depth: np.ndarray, camera: Intrinsics, long_side_px: int | None = None) -> np.ndarray:
    """(H, W) bool, the pixels in between two surfaces, which a network or a resize draws where one hides the other.

    long_side_px: of the picture, where this is a part of it.

    A pixel flies if depth climbs steeply through it, on both of its sides, along a row, a column or a diagonal, and
    the climb around it is higher than RAMP_RATIO. The two ends of the climb are surface and stay. A climb that ends in
    nothing, at the outline of a map without background, is a surface that turns away, and stays too.
    """
    nearest, farthest = extremes(depth, np.ones((7, 7), np.uint8))
    flying = farthest > nearest + RAMP_RATIO * depth  # the few pixels that may be
    if not flying.any():
        return flying
    flying &= ~_beside_nothing(depth, long_side_px or max(depth.shape))
    here = depth[flying]
    slope = here * (GRAZING_SLOPE / camera.fx)
    around = Neighbours(depth, flying)
    flying[flying] = np.any([_climbs_through(here, slope, around, step) for step in OPPOSITES], axis=0)
    return flying


def spoiled_by_ramps(depth: np.ndarray, camera: Intrinsics, long_side_px: int | None = None) -> np.ndarray:
    """(H, W) bool, the flying pixels and the ends of their climbs, which the same blur has bent.

    long_side_px: of the picture, where this is a part of it.
    """
    flying = flying_pixels(depth, camera, long_side_px)
    if not flying.any():
        return flying
    size = 2 * max(1, round((long_side_px or max(depth.shape)) / 512)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(flying.astype(np.uint8), window).astype(bool) & np.isfinite(depth)


def extremes(depth: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) float32 nearest and farthest depth in a window; where that is all NaN, nearest is above farthest."""
    known, depth = np.isfinite(depth), depth.astype(np.float32, copy=False)
    nearest = cv2.erode(np.where(known, depth, np.float32(np.inf)), window)
    return nearest, cv2.dilate(np.where(known, depth, np.float32(-np.inf)), window)


def _climbs_through(here: np.ndarray, slope: np.ndarray, around: Neighbours, step: tuple[int, int]) -> np.ndarray:
    """(N,) bool, of pixels with that depth and that slope between them and the pixels side by side with them."""
    before, after = around.opposite(step)
    into, out, steep = here - before, after - here, slope * math.hypot(*step)
    return (np.minimum(into, out) > steep) | (np.maximum(into, out) < -steep)


def _beside_nothing(depth: np.ndarray, long_side_px: int) -> np.ndarray:
    """(H, W) bool, True within OUTLINE_SHARE of the picture's long side from where there is no depth."""
    away = cv2.distanceTransform(np.isfinite(depth).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return away <= OUTLINE_SHARE * long_side_px
