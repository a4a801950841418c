"""Telling a person from what lies far behind, by depth alone, and refusing where that would be a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from worker.geometry.clean.flying import extremes

BINS = 256


@dataclass(frozen=True)
class Limits:
    """What a far class needs to be background; where one is missed, nothing is cut."""

    least_separation: float = 0.7
    """Otsu's measure, 0..1: the part of the variance of inverse depth that two classes explain."""
    least_torn: float = 0.5
    """The part of the border between the classes where depth jumps; a wall that runs away slowly has none."""
    least_gap_ratio: float = 1.15
    """How much farther the far class is, on average, than the near one."""
    least_frame_share: float = 0.4
    """The part of the photo's left, upper and right edge that background has to fill."""
    least_near_share: float = 0.03
    """A person fills at least this part of the photo; nearer specks are no person."""


LIMITS = Limits()


@dataclass(frozen=True)
class Split:
    """What was found of the background.

    mask: (H, W) bool, True on background; all False unless verdict is "found".
    verdict: "found", "absent" (the model left it out already) or "unclear" (nothing is cut then).
    """

    mask: np.ndarray
    verdict: Literal["found", "absent", "unclear"]


def find_background(depth: np.ndarray) -> Split:
    """Split a depth map (H, W), any unit, NaN where unknown, into person and background, if they can be told apart.

    Source: Otsu, A Threshold Selection Method from Gray-Level Histograms, IEEE TSMC 9(1), 1979, on inverse depth, in
        which far things lie close together.
    """
    nothing = np.zeros(depth.shape, bool)
    known = np.isfinite(depth)
    frame = np.concatenate([known[:, 0], known[0], known[:, -1]])
    if frame.mean() < LIMITS.least_frame_share:
        return Split(nothing, "absent")
    nearness = 1 / depth
    threshold, separation = otsu(nearness[known])
    far = known & (nearness < threshold)
    if separation < LIMITS.least_separation or not _lies_behind(depth, far, known & ~far):
        return Split(nothing, "unclear")
    return Split(far, "found")


def otsu(values: np.ndarray) -> tuple[float, float]:
    """Find the threshold that splits values (N,) best in two, and how well it does: 0 not at all, 1 perfectly."""
    low, high = np.percentile(values, [0.5, 99.5])
    if not high > low:
        return float(low), 0.0
    counts, edges = np.histogram(np.clip(values, low, high), BINS, (low, high))
    share = counts / counts.sum()
    middle = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(share)[:-1]
    moment, mean = np.cumsum(share * middle)[:-1], (share * middle).sum()
    variance = (share * (middle - mean) ** 2).sum()
    between = (mean * below - moment) ** 2 / np.maximum(below * (1 - below), 1e-12)
    best = int(between.argmax())
    return float(edges[best + 1]), float(between[best] / variance)


def _lies_behind(depth: np.ndarray, far: np.ndarray, near: np.ndarray) -> bool:
    """True if the far class fills the photo's frame, is clearly farther, and is torn off the near class."""
    frame = np.concatenate([far[:, 0], far[0], far[:, -1]])
    if frame.mean() < LIMITS.least_frame_share or near.mean() < LIMITS.least_near_share:
        return False
    if np.median(depth[far]) < LIMITS.least_gap_ratio * np.median(depth[near]):
        return False
    reach = max(1, round(max(depth.shape) / 100))  # a network's silhouettes are about this wide
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    border = near & cv2.dilate(far.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    nearest, farthest = extremes(depth, window)
    torn = farthest[border] > 1.1 * nearest[border]
    return bool(torn.size and torn.mean() >= LIMITS.least_torn)
