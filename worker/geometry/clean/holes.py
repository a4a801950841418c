"""Holes inside a surface and what is missing at its outline: found and closed."""

from __future__ import annotations

import cv2
import numpy as np

from worker.geometry.clean.flying import RAMP_RATIO
from worker.geometry.clean.outliers import Neighbours

SMALL_HOLE_SHARE = 0.002
"""An enclosed gap with fewer pixels than this part of the surface is a hole, whoever made it."""
REACH_SHARE = 1 / 100
"""How far a surface is continued over pixels that its own blur spoiled, as a part of the picture's long side."""
LEAST_REACH_PX = 3.0
CONTINUED_SLOPE = 0.8
"""How much of its slope a surface keeps there: beside a blurred edge it is steeper than the truth."""


def find_gaps(known: np.ndarray, spoiled: np.ndarray, made: np.ndarray, long_side_px: int | None = None) -> np.ndarray:
    """Find what to close: holes inside the surface, and the rim that was cut because it was blurred.

    Args:
        known: (H, W) bool, True where there is depth.
        spoiled: (H, W) bool, True where there was a surface, of a wrong depth: it goes on there, as far as it reaches.
        made: (H, W) bool, True where a filter took a point away that was no background.
        long_side_px: of the picture, where this is a part of it.
    Returns:
        (H, W) bool.
    """
    holes, spoiled = enclosed_holes(known, made), spoiled & ~known
    if not spoiled.any():
        return holes
    away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return holes | (spoiled & (away <= max(LEAST_REACH_PX, (long_side_px or max(known.shape)) * REACH_SHARE)))


def enclosed_holes(known: np.ndarray, made: np.ndarray) -> np.ndarray:
    """(H, W) bool, the enclosed gaps that are small, or that our own filters made; takes what `find_gaps` does.

    A gap that reaches the border is outside, not a hole; a large gap that the model left, such as the wall seen between
    arm and body, stays open.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~known).astype(np.uint8), connectivity=4)
    height, width = known.shape
    left, top, right, bottom = stats[:, 0], stats[:, 1], stats[:, 0] + stats[:, 2], stats[:, 1] + stats[:, 3]
    inside = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    area = stats[:, cv2.CC_STAT_AREA]
    ours = np.bincount(labels[made & ~known], minlength=count)
    fill = inside & ((area <= SMALL_HOLE_SHARE * known.sum()) | (ours > area / 2))
    fill[0] = False
    return fill[labels]


def fill_gaps(values: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Close the gaps (H, W) bool of a map (H, W), NaN where unknown: smoothly where one surface encloses them.

    Others are filled by continuing the nearest surface. The result is float32.
    """
    if not gaps.any():
        return values.astype(np.float32)
    count, labels = cv2.connectedComponents(gaps.astype(np.uint8), connectivity=4)
    low, high = _rim_range(values, labels, count)
    outside = (~gaps & ~np.isfinite(values)).astype(np.uint8)
    torn = (high - low) > RAMP_RATIO * low
    torn[labels[gaps & cv2.dilate(outside, np.ones((3, 3))).astype(bool)]] = True
    filled = np.where(gaps, pull_push(values), values).astype(np.float32)
    rim = gaps & torn[labels]
    if rim.any():
        filled[rim] = continued(values, rim)
    return filled


def continued(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Continue a map along its slope: a pixel becomes its nearest known one, plus part of what led up to that.

    The pixel as far inside as this one is outside, mirrored at the nearest known one, gives the slope; where that one
    is unknown or on another surface, the map goes on level.

    Args:
        values: (H, W) float, NaN where unknown, known somewhere.
        at: (H, W) bool, the unknown pixels to fill; gives their values (N,), row by row.
    """
    place = np.stack(np.nonzero(at))  # (2, N) rows and columns
    edge = np.stack(nearest_places(np.isfinite(values), at))
    height, width = values.shape
    inner = np.clip(2 * edge - place, 0, [[height - 1], [width - 1]])
    outermost = values[tuple(edge)]
    step = outermost - values[tuple(inner)]
    return outermost + CONTINUED_SLOPE * np.where(np.abs(step) <= RAMP_RATIO * outermost, step, 0)


def pull_push(values: np.ndarray) -> np.ndarray:
    """Continue a map (H, W) smoothly into all its unknown pixels, NaN; float32. One of all NaN comes back as it is.

    Source: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.3 (pull-push).
    """
    known = np.isfinite(values)
    values = values.astype(np.float32, copy=False)
    if known.all() or not known.any():
        return values
    height, width = values.shape
    half_wh = (width + 1) // 2, (height + 1) // 2
    total, weight = (
        cv2.resize(_to_even(plane), half_wh, interpolation=cv2.INTER_AREA)  # means of 2 x 2
        for plane in (np.where(known, values, np.float32(0)), known.astype(np.float32))
    )
    mean = np.where(weight > 0, total / np.where(weight > 0, weight, 1), np.float32(np.nan))
    twice_wh = 2 * half_wh[0], 2 * half_wh[1]
    coarse = cv2.resize(pull_push(mean), twice_wh, interpolation=cv2.INTER_LINEAR)
    return np.where(known, values, coarse[:height, :width])


def _to_even(plane: np.ndarray) -> np.ndarray:
    """A plane (H, W) with a row and a column of zeros more where their number is odd."""
    height, width = plane.shape
    return cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_CONSTANT, value=0)


def nearest_places(known: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
    """Rows (N,) and columns (N,) of the known pixel, of which there has to be one, nearest to each pixel of `at`."""
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    place_of_label = np.zeros(int(label.max()) + 1, np.int64)
    place_of_label[label[known]] = np.flatnonzero(known)
    return np.unravel_index(place_of_label[label[at]], known.shape)


def _rim_range(values: np.ndarray, labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count,) least and greatest value along the rim of every labelled hole; of label 0, inf and -inf."""
    holes = labels > 0
    around, hole = Neighbours(values, holes), labels[holes]
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    for step in ((0, 1), (1, 0)):
        for beside in around.opposite(step):
            known = np.isfinite(beside)
            np.minimum.at(low, hole[known], beside[known])
            np.maximum.at(high, hole[known], beside[known])
    return low, high
