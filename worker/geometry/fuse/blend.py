"""Two depth maps of one person made one: each where, and at the scale at which, it is the better one."""

from __future__ import annotations

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.geometry.clean.holes import pull_push
from worker.geometry.clean.smooth import smooth
from worker.geometry.jumps import links_of

LANDMARK_SPACING_MM = 6.0
"""Landmarks lie about this far apart: what is finer the surface through them cannot know."""
FEATHER_MM = 40.0
"""How far beside the face its correction is still felt: it falls to 37 % there."""


def corrected_by_face(depth: np.ndarray, face: np.ndarray, weight: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Let a face's surface fix the coarse shape of a depth map, and leave it the fine detail.

    The difference between the two is smoothed, by as much as the landmarks lie apart, and added. Beside the face it
    goes on and dies out, so that there is no seam. The result is float32; NaN stays NaN.

    Args:
        depth: (H, W) float mm, of everything; NaN where unknown.
        face: (H, W) float mm; NaN beside the face.
        weight: (H, W) float, 0..1: how far each pixel of `face` is to be trusted.
        camera: of that grid.
    Source: the two-band case of Burt & Adelson, A Multiresolution Spline With Application to Image Mosaics, 1983.
    """
    use = np.isfinite(face) & np.isfinite(depth) & (weight > 0)
    if not use.any():
        return depth.astype(np.float32)
    pixel_mm = float(np.median(face[use])) / camera.fx
    coarse = _weighted_smooth(np.where(use, face - depth, np.nan), weight, face, camera, LANDMARK_SPACING_MM / pixel_mm)
    away_mm = cv2.distanceTransform((~use).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * pixel_mm
    return (depth + pull_push(coarse) * np.exp(-((away_mm / FEATHER_MM) ** 2))).astype(np.float32)


def _weighted_smooth(
    values: np.ndarray, weight: np.ndarray, surface: np.ndarray, camera: Intrinsics, sigma_px: float
) -> np.ndarray:
    """Normalised convolution along a surface: (H, W) float32, NaN where values is."""
    known = np.isfinite(values)
    along = links_of(np.where(known, surface, np.nan), camera)
    total = smooth(np.where(known, values * weight, np.nan), along, sigma_px)
    return total / np.maximum(smooth(np.where(known, weight, np.nan), along, sigma_px), 1e-6)
