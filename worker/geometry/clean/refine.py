"""A raw depth map made clean: background, noise, flying pixels, islands and holes, in that order."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.pointcloud import Unit
from worker.geometry.clean.background import find_background
from worker.geometry.clean.denoise import denoise
from worker.geometry.clean.flying import spoiled_by_ramps
from worker.geometry.clean.holes import fill_gaps, find_gaps
from worker.geometry.clean.outliers import outliers
from worker.geometry.clean.parts import islands
from worker.geometry.clean.smooth import smooth
from worker.geometry.jumps import links_of

FILLED_CONFIDENCE = 0.1
"""Of a filled hole, 0..1: there is a surface, its shape is a guess."""


@dataclass(frozen=True)
class Raw:
    """A depth map as an estimator gave it, with the photo on the same grid.

    depth: (H, W) float32, NaN where unknown; confidence: (H, W) float32 0..1; light: (H, W) float32 0..1.
    """

    depth: np.ndarray
    confidence: np.ndarray
    light: np.ndarray
    camera: Intrinsics
    unit: Unit


@dataclass(frozen=True)
class Refined:
    """A clean depth map and what it took.

    depth: (H, W) float32, NaN where there is no surface.
    confidence: (H, W) float32, 0..1.
    dropped: pixels taken away, by reason.
    filled: pixels of holes that were closed.
    background: what was found of it: "found", "absent", "unclear", or "kept" because the user said so.
    """

    depth: np.ndarray
    confidence: np.ndarray
    dropped: dict[str, int]
    filled: int
    background: str


def refine(raw: Raw, *, smoothing: float, remove_background: bool) -> Refined:
    """Clean a depth map; smoothing is in mm where it is metric, else in pixels.

    A pixel counts under the first reason that takes it. Pixels taken by mistake from inside a surface come back as
    filled holes, so that a face has none.
    """
    split = find_background(raw.depth) if remove_background else None
    background = split.mask if split else np.zeros(raw.depth.shape, bool)
    reasons = {"background": background, "flying": spoiled_by_ramps(raw.depth, raw.camera) & ~background}
    depth = np.where(background | reasons["flying"], np.nan, raw.depth)
    reasons["outliers"] = outliers(depth)
    depth = np.where(reasons["outliers"], np.nan, depth)
    reasons["islands"] = islands(np.isfinite(depth), links_of(depth, raw.camera))
    depth = np.where(reasons["islands"], np.nan, depth)
    spoiled = reasons["flying"] | reasons["outliers"]
    holes = find_gaps(np.isfinite(depth), spoiled, made=spoiled | reasons["islands"])
    depth = fill_gaps(depth, holes)
    depth = denoise(depth, raw.light, radius_px=max(2, round(max(depth.shape) / 256)))
    depth = smooth(depth, links_of(depth, raw.camera), smoothing_px(smoothing, depth, raw))
    return Refined(
        depth=depth,
        confidence=np.where(holes, FILLED_CONFIDENCE, np.nan_to_num(raw.confidence, nan=0.0)).astype(np.float32),
        dropped={name: int((mask & ~holes).sum()) for name, mask in reasons.items()},
        filled=int(holes.sum()),
        background=split.verdict if split else "kept",
    )


def light_of(pixels: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """The photo's brightness 0..1 on another grid: (H, W, 3) uint8 to (height, width) float32."""
    gray = cv2.cvtColor(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return gray.astype(np.float32) / 255


def smoothing_px(smoothing: float, depth: np.ndarray, raw: Raw) -> float:
    """Standard deviation of the smoothing in pixels; in a metric map `smoothing` is in mm at the median depth."""
    known = depth[np.isfinite(depth)]
    if raw.unit != "mm" or not known.size:
        return smoothing
    return smoothing * raw.camera.fx / float(np.median(known))
