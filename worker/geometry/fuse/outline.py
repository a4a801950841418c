"""The outline of a person, decided by a matting network and by the steps of a disparity map together."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class OutlineRule:
    """How a region on which the two disagree is judged. Set by hand, tried on depth maps of five photos."""

    side_px: int = 256  # long side of the grid on which thresholds are tried
    thresholds: int = 60
    percentile: float = 30.0  # of the slope along an outline, by which outlines are compared
    least_face: float = 0.8  # share of the face that an outline has to hold
    thick: float = 0.03  # of the picture's long side: what is thinner is left to the matting
    percentiles: tuple[float, float] = (3.0, 97.0)  # of the person's disparity ...
    farther: float = 0.25  # ... by so much of which what is added may lie beyond the first
    elsewhere: float = 0.02  # share of what is added that may reach to where the person cannot be
    made_up: float = 0.2  # a region of whose border more than this share is made up, is left to the matting
    weak: float = 0.35  # a border with less than so much of the slope of the person's outline is none


OUTLINE = OutlineRule()


def region_by_steps(disparity: np.ndarray, face: np.ndarray, person: np.ndarray) -> np.ndarray:
    """The person as the disparity alone shows them.

    Of the connected regions above a threshold that hold the face, the one whose outline lies on the steepest slope,
    and agrees with the other outline.

    Args:
        disparity: (H, W) float, finite.
        face: (H, W) bool.
        person: (H, W) bool, by another outline.
    Returns:
        (H, W) bool; nothing where no threshold parts the face from anything.
    """
    height, width = disparity.shape
    scale = min(1.0, OUTLINE.side_px / max(height, width))
    size_wh = max(8, round(width * scale)), max(8, round(height * scale))
    small, face_share, person_share = (
        cv2.resize(values.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
        for values in (disparity, face, person)
    )
    small_face, small_person = face_share > 0.5, person_share > 0.5
    if not small_face.any():
        return np.zeros(disparity.shape, bool)
    slope = slope_of(small)
    low, high = small.min(), float(np.percentile(small[small_face], 20))
    best, threshold = 0.0, None
    for level in np.linspace(low, high, OUTLINE.thresholds + 2)[1:-1]:
        region = _holding(small > level, small_face)
        rim = region & (cv2.erode(region.astype(np.uint8), np.ones((3, 3)), borderValue=1) == 0)
        if (region & small_face).sum() < OUTLINE.least_face * small_face.sum() or not rim.any():
            continue
        alike = (region & small_person).sum() / (region | small_person).sum()
        score = float(np.percentile(slope[rim], OUTLINE.percentile)) * np.sqrt(alike)
        if score > best:
            best, threshold = score, level
    if threshold is None:
        return np.zeros(disparity.shape, bool)
    return _holding(disparity > threshold, face)


def joint_outline(
    person: np.ndarray,
    region: np.ndarray,
    disparity: np.ndarray,
    elsewhere: np.ndarray | None = None,
    known: np.ndarray | None = None,
) -> np.ndarray:
    """The person by both outlines: the first, but for thick regions where the disparity tells otherwise.

    A region that the disparity adds goes on from the person without a step, is about as near, and ends at a step.
    A region that it takes away begins at a step, and ends at none. Where either border lies in what the disparity does
    not know, nothing is said of a region.

    Args:
        person: (H, W) bool, by matting.
        region: (H, W) bool, by the steps of the disparity.
        disparity: (H, W) float, finite.
        elsewhere: (H, W) bool, where nothing of the person can be: what reaches there is somebody else.
        known: (H, W) bool, where the disparity is not made up; None where it nowhere is.
    Returns:
        (H, W) bool.
    """
    if not region.any():
        return person
    slope = slope_of(disparity)
    usual = float(np.median(slope[_border(region)])) if _border(region).any() else 0.0
    if usual <= 0:
        return person
    joint = person.copy()
    farthest = _farthest(disparity[person & region])
    made_up = np.zeros(person.shape, bool) if known is None else ~known
    for part in _clear(_thick_parts(region & ~person), made_up):
        ends = _step(part, person, slope) < OUTLINE.weak * usual <= _step(part, ~region & ~person, slope)
        theirs = 0.0 if elsewhere is None else float(elsewhere[part].mean())
        if ends and float(np.median(disparity[part])) >= farthest and theirs <= OUTLINE.elsewhere:
            joint |= part
    for part in _clear(_thick_parts(person & ~region), made_up):
        if _step(part, ~person, slope) < OUTLINE.weak * usual <= _step(part, region, slope):
            joint &= ~part
    return joint


def _farthest(disparity: np.ndarray) -> float:
    """The least disparity of what may still belong to a person of these (N,)."""
    if not disparity.size:
        return np.inf
    low, high = np.percentile(disparity, OUTLINE.percentiles)
    return float(low - OUTLINE.farther * (high - low))


def slope_of(disparity: np.ndarray) -> np.ndarray:
    """(H, W) how much a map changes within a pixel."""
    return np.hypot(*np.gradient(cv2.GaussianBlur(disparity.astype(np.float32), (0, 0), 1.0)))


def _holding(mask: np.ndarray, face: np.ndarray) -> np.ndarray:
    """The connected part of a mask that holds most of a face."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    counts = np.bincount(labels[face & mask], minlength=1)
    return labels == counts.argmax() if counts.size and counts.argmax() else np.zeros(mask.shape, bool)


def _thick_parts(mask: np.ndarray) -> list[np.ndarray]:
    """The connected parts of a mask that are not thin, each (H, W) bool."""
    radius = max(1, round(OUTLINE.thick * max(mask.shape) / 2))
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    cores = cv2.erode(mask.astype(np.uint8), window, borderValue=1)
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    thick = np.unique(labels[cores > 0])
    return [labels == label for label in thick if label]


def _border(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels of a mask beside others, the picture's border left out."""
    return mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3)), borderValue=1) == 0)


def _clear(parts: list[np.ndarray], made_up: np.ndarray) -> list[np.ndarray]:
    """Those of some regions whose border hardly lies beside what a map made up, (H, W) bool."""
    if not made_up.any():
        return parts
    near = cv2.dilate(made_up.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return [part for part in parts if near[rim := _border(part)].sum() <= OUTLINE.made_up * rim.sum()]


def _step(part: np.ndarray, neighbour: np.ndarray, slope: np.ndarray) -> float:
    """The slope where a part borders on another region: the median of the largest nearby; 0 where it does not."""
    reach = np.ones((7, 7), np.uint8)
    along = part & (cv2.dilate(neighbour.astype(np.uint8), np.ones((3, 3))) > 0)
    steepest = cv2.dilate(slope.astype(np.float32), reach)
    return float(np.median(steepest[along])) if along.any() else 0.0
