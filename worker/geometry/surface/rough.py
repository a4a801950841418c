"""The point cloud of a rough depth map, for a first look: nothing is cleaned, filled or thinned."""

from __future__ import annotations

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.pointcloud import PointCloud, Unit
from worker.geometry.jumps import joined_ratio
from worker.geometry.surface.tone import gray_from_depth


def rough_cloud_from_depth(
    depth: np.ndarray, confidence: np.ndarray, camera: Intrinsics, unit: Unit, pixels: np.ndarray
) -> PointCloud:
    """Every pixel of a depth map as a point, in the colours of its photo; what the points show is not known.

    Args:
        depth: (H, W) float32 in `unit`, NaN where unknown, over the whole photo.
        confidence: (H, W) float32, 0..1.
        camera: intrinsics of that grid.
        unit: "mm" or "relative".
        pixels: (h, w, 3) uint8, the photo at any size.
    """
    known = np.isfinite(depth)
    return PointCloud(
        depth=depth,
        camera=camera,
        unit=unit,
        gray=gray_from_depth(depth).image,
        rgb=cv2.resize(pixels, (camera.width, camera.height)),  # averages of large photos take 20 ms
        confidence=np.rint(confidence * 255).astype(np.uint8),
        classes=np.where(known, PointClass.OTHER, PointClass.BACKGROUND).astype(np.uint8),
        joined_ratio=joined_ratio(camera, unit),
    )
