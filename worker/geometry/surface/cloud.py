"""From a depth map and its photo to the point cloud that a person turns in the browser."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.pointcloud import PointCloud, Unit
from worker.geometry.clean.refine import Raw, refine
from worker.geometry.clean.rims import even_rims
from worker.geometry.jumps import joined_ratio
from worker.geometry.surface.classes import classes_of_points
from worker.geometry.surface.colours import colours_of_points
from worker.geometry.surface.thin import grid_for_budget, thin
from worker.geometry.surface.tone import gray_from_depth


def cloud_from_depth(
    depth: np.ndarray,
    confidence: np.ndarray,
    camera: Intrinsics,
    unit: Unit,
    pixels: np.ndarray,
    *,
    point_budget: int,
    smoothing: float,
    remove_background: bool,
    alpha: np.ndarray | None = None,
    classes: np.ndarray | None = None,
) -> tuple[PointCloud, dict[str, Any]]:
    """Refine a depth map, thin it to the point budget, and colour its points.

    Args:
        depth: (H, W) float32 in `unit`, NaN where unknown, over the whole photo.
        confidence: (H, W) float32, 0..1.
        camera: intrinsics of that grid.
        unit: "mm" or "relative".
        pixels: (h, w, 3) uint8, the photo at any size.
        point_budget: the cloud has at most so many points.
        smoothing: standard deviation, in mm where the unit is mm, else in pixels; 0 for none.
        remove_background: whether what lies far behind the person goes, where that is told apart.
        alpha: (H, W) float32, the share of each pixel of the depth map that the person covers; None where no person is
            known.
        classes: (H, W) uint8, the `PointClass` of each pixel of the depth map; None where no person is known.
    Returns:
        The cloud, and a report of JSON values: `points` of the cloud; `pixels` with depth, on the refined grid; how
        many were `dropped`, by reason (background, flying, outliers, islands, thinned), and `filled` as holes;
        `background`, which was "found", "absent", "unclear" or "kept"; `relief_ratio`; and `unit`.
    Raises:
        ValueError: the depth map has no pixel with depth.
    """
    if not np.isfinite(depth).any():
        raise ValueError("the depth map is empty: no pixel has a depth")
    colours = cv2.resize(pixels, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    raw = Raw(depth, confidence, colours, camera, unit)
    person = None if classes is None else classes != PointClass.BACKGROUND
    refined = refine(raw, smoothing=smoothing, remove_background=remove_background, person=person)
    known = np.isfinite(refined.depth)
    size_wh = grid_for_budget(known, point_budget)
    thinned, trust = thin(refined.depth, refined.confidence, camera, size_wh)
    coarse = camera.resized(size_wh)
    point_classes = classes_of_points(classes, np.isfinite(thinned), background_kept=not remove_background)
    behind = np.isfinite(thinned) & (point_classes == PointClass.BACKGROUND)
    thinned = np.where(behind, thinned, even_rims(np.where(behind, np.nan, thinned)))
    cloud = PointCloud(
        depth=thinned,
        camera=coarse,
        unit=unit,
        gray=gray_from_depth(thinned).image,
        rgb=colours_of_points(colours, known, alpha, behind),
        confidence=np.rint(np.where(np.isfinite(trust), trust, 0).clip(0, 1) * 255).astype(np.uint8),
        classes=point_classes,
        joined_ratio=joined_ratio(coarse, unit, of_person=classes is not None),
    )
    return cloud, {
        "points": cloud.count,
        "pixels": int(np.isfinite(depth).sum()),
        "dropped": refined.dropped | {"thinned": int(known.sum()) - cloud.count},
        "filled": refined.filled,
        "background": refined.background,
        "relief_ratio": round(relief_ratio(cloud.points()), 4),
        "unit": unit,
    }


def relief_ratio(points: np.ndarray) -> float:
    """Depth of points (N, 3) over their width, both between the 2nd and the 98th percentile."""
    width, deep = (np.subtract(*np.percentile(points[:, axis], [98, 2])) for axis in (0, 2))
    return float(deep / width) if width > 0 else 0.0
