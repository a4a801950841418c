"""A raw depth map made clean: background, noise, flying pixels, islands and holes, in that order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.pointcloud import Unit
from worker.box import Box
from worker.geometry.clean.background import find_background
from worker.geometry.clean.denoise import denoise, is_noisy
from worker.geometry.clean.flying import spoiled_by_ramps
from worker.geometry.clean.holes import fill_gaps, find_gaps, nearest_places
from worker.geometry.clean.outliers import outliers
from worker.geometry.clean.parts import islands
from worker.geometry.clean.smooth import smooth
from worker.geometry.jumps import links_of

FILLED_CONFIDENCE = 0.1
"""Of a filled hole, 0..1: there is a surface, its shape is a guess."""
COARSEST_PX = 32
"""Pixels of the coarsest grid that may fill a hole."""
MARGIN_SHARE = 1 / 64
"""How much of what lies round a surface is looked at, as a part of the picture's long side; filters reach less far."""


@dataclass(frozen=True)
class Raw:
    """A depth map as an estimator gave it, with the photo on the same grid.

    depth: (H, W) float32, NaN where unknown; confidence: (H, W) float32 0..1; colours: (H, W, 3) uint8.
    camera: of the whole picture, of which the arrays may be a part.
    """

    depth: np.ndarray
    confidence: np.ndarray
    colours: np.ndarray
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


def refine(raw: Raw, *, smoothing: float, remove_background: bool, person: np.ndarray | None = None) -> Refined:
    """Clean a depth map; smoothing is in mm where it is metric, else in pixels.

    A pixel counts under the first reason that takes it. Pixels taken by mistake from inside a surface come back as
    filled holes, so that a face has none. Where it is known which pixels are a person's, (H, W) bool, that decides what
    is background; a background that is kept is cleaned by itself, and everything taken is filled: hair before a wall is
    neither flying nor an island.
    """
    known = np.isfinite(raw.depth)
    if person is not None and (known & person).any():
        beside = known & ~person
        front = _cleaned(raw, beside, smoothing)
        if remove_background:
            return replace(front, background="found" if beside.any() else "absent")
        return _together(raw, front, _cleaned(raw, known & person, smoothing), person) if beside.any() else front
    if not remove_background:
        return _cleaned(raw, np.zeros_like(known), smoothing)
    split = find_background(raw.depth)
    return replace(_cleaned(raw, split.mask, smoothing), background=split.verdict)


def _cleaned(raw: Raw, background: np.ndarray, smoothing: float) -> Refined:
    """The map without a background, (H, W) bool, which says no more than where ramps lead to."""
    size_hw = raw.depth.shape
    box = Box.round(np.isfinite(raw.depth) & ~background, round(MARGIN_SHARE * max(size_hw)) + 1, COARSEST_PX)
    part = replace(raw, depth=box.of(raw.depth), confidence=box.of(raw.confidence), colours=box.of(raw.colours))
    front, far = _cleaned_part(part, box.of(background), smoothing), int(background.sum() - box.of(background).sum())
    return replace(
        front,
        depth=box.put_into(size_hw, front.depth, np.nan),
        confidence=box.put_into(size_hw, front.confidence, 0),
        dropped=front.dropped | {"background": front.dropped["background"] + far},
    )


def _cleaned_part(raw: Raw, background: np.ndarray, smoothing: float) -> Refined:
    """`_cleaned` of a part that holds all but the background."""
    long_side_px = max(raw.camera.width, raw.camera.height)
    flying = spoiled_by_ramps(raw.depth, raw.camera, long_side_px)
    reasons = {"background": background, "flying": flying & ~background}
    depth = np.where(background | reasons["flying"], np.float32(np.nan), raw.depth)
    reasons["outliers"] = outliers(depth)
    depth[reasons["outliers"]] = np.nan
    reasons["islands"] = islands(np.isfinite(depth), links_of(depth, raw.camera))
    depth[reasons["islands"]] = np.nan
    spoiled = reasons["flying"] | reasons["outliers"]
    holes = find_gaps(np.isfinite(depth), spoiled, spoiled | reasons["islands"], long_side_px)
    depth = fill_gaps(depth, holes)
    if is_noisy(depth):
        depth = denoise(depth, light_of(raw.colours), radius_px=max(2, round(long_side_px / 256)))
    depth = smooth(depth, links_of(depth, raw.camera), smoothing_px(smoothing, depth, raw))
    return Refined(
        depth=depth,
        confidence=np.where(holes, FILLED_CONFIDENCE, np.nan_to_num(raw.confidence, nan=0.0)).astype(np.float32),
        dropped={name: int((mask & ~holes).sum()) for name, mask in reasons.items()},
        filled=int(holes.sum()),
        background="kept",
    )


def _together(raw: Raw, front: Refined, behind: Refined, person: np.ndarray) -> Refined:
    """A person, (H, W) bool, and the background, each of which was cleaned by itself.

    No pixel is lost: each has the depth of the nearest one on its own side.
    """
    depth, confidence = raw.depth.astype(np.float32), np.zeros_like(raw.confidence)
    lost = np.zeros_like(person)
    for side, layer in ((person, front), (~person, behind)):
        known = np.isfinite(layer.depth)
        missing = side & np.isfinite(raw.depth) & ~known
        depth[side], confidence[side] = layer.depth[side], layer.confidence[side]
        depth[missing], confidence[missing] = layer.depth[nearest_places(known, missing)], FILLED_CONFIDENCE
        lost |= missing
    return Refined(
        depth=depth,
        confidence=confidence,
        dropped=dict.fromkeys(front.dropped, 0),
        filled=front.filled + behind.filled + int(lost.sum()),
        background="kept",
    )


def light_of(colours: np.ndarray) -> np.ndarray:
    """The brightness 0..1 of colours: (H, W, 3) uint8 to (H, W) float32."""
    return cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def smoothing_px(smoothing: float, depth: np.ndarray, raw: Raw) -> float:
    """Standard deviation of the smoothing in pixels; in a metric map `smoothing` is in mm at the median depth."""
    known = depth[::4, ::4]  # enough for a median
    known = known[np.isfinite(known)]
    if raw.unit != "mm" or not known.size:
        return smoothing
    return smoothing * raw.camera.fx / float(np.median(known))
