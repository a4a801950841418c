"""Which pixels are a person, how far, and of what class: two networks, the landmarks and the photo's edges together.

The segmentation network knows people in photos of all kinds, at 256 x 256 pixels. The matting network sees hair, but in
photos unlike today's portraits it loses people: it is asked only along the outline, and only where the two agree beside
it. The face is always person.
Source: He et al., Guided Image Filtering, 2010.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shared.cloud.classes import PointClass
from worker.person.classes import class_probabilities
from worker.person.face import Face
from worker.person.networks.portrait_matting import PortraitMattingNetwork
from worker.person.networks.segmentation import SIZE_PX, SegmentationNetwork
from worker.person.parting import nearest_face
from worker.person.person import Person


@dataclass(frozen=True)
class OutlineSettings:
    """How an outline is found; set by hand, no data is recorded. A cell is a pixel that the network sees."""

    likely: tuple[float, float] = (0.25, 0.75)  # likelihood from which a pixel is surely not, and surely, person
    band_cells: float = 4.0  # half the width of the band round the outline in which it is drawn anew
    bridge_cells: float = 1.5  # half the width of bridges between people and things that are cut
    hole: float = 0.12  # face sides: smaller holes in a person are person
    agreement: float = 0.25  # face sides: the size of the places at which the two networks are compared
    most_disagreement: float = 0.25  # share of such a place from which the matting network has no say
    smoothing: float = 1e-4  # of the guided filter, squared brightness (0 to 1)
    least_beyond_face: float = 0.15  # of the face's area: a person with less beside the face was not found


OUTLINE = OutlineSettings()


class PersonNetworks:
    """The two networks of outlines."""

    def __init__(self, folder: Path) -> None:
        """Load them from the weights folder.

        Raises:
            WeightsError: one is absent or is no network.
        """
        self.segmentation = SegmentationNetwork()
        self.matting = PortraitMattingNetwork(folder)


def person_of(pixels: np.ndarray, face: Face, others: list[Face], networks: PersonNetworks) -> Person:
    """The person whose face that is; the face alone where no believable outline was found.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        face: the person's, in these pixels.
        others: other people's faces; they and what belongs to them are left out.
        networks: of the two outlines.
    Returns:
        The person, on the grid of the pixels.
    """
    with ThreadPoolExecutor(1) as thread:  # the two networks run beside each other
        soft = thread.submit(networks.matting.alpha, pixels)
        shares = class_probabilities(pixels, face, networks.segmentation)
        people_alpha = soft.result()
    hull = _hull(face, pixels.shape[:2])
    low, high = OUTLINE.likely
    likely = np.clip((1 - shares[PointClass.BACKGROUND] - low) / (high - low), 0, 1)
    mask = _person(np.maximum(likely, hull), pixels, face, others) | hull
    if (mask & ~hull).sum() < OUTLINE.least_beyond_face * hull.sum():
        return Person.of_mask(hull, outline_found=False)
    alpha = _alpha(mask, likely, people_alpha, pixels, face)
    alpha = np.where(hull, 1, alpha).astype(np.float32)
    return Person(alpha, _classes(shares, alpha, pixels), outline_found=True)


def _person(likely: np.ndarray, pixels: np.ndarray, face: Face, others: list[Face]) -> np.ndarray:
    """(H, W) bool: the likely pixels that hang together with the face, and belong to no other, small holes filled."""
    people = likely > 0.5
    mine = people & nearest_face(people, pixels, face, others)
    cell = max(pixels.shape[:2]) / SIZE_PX
    opened = cv2.morphologyEx(mine.astype(np.uint8), cv2.MORPH_OPEN, _disc(OUTLINE.bridge_cells * cell))
    core = _part_at(opened, face)
    grown = cv2.dilate(core, _disc(2 * OUTLINE.bridge_cells * cell)) > 0
    return _filled(mine & grown | (core > 0), (OUTLINE.hole * face.side) ** 2)


def _part_at(mask: np.ndarray, face: Face) -> np.ndarray:
    """(H, W) uint8: the connected part of a mask that holds most of the face."""
    _, parts = cv2.connectedComponents(mask)
    inside = parts[_hull(face, mask.shape) & (parts > 0)]
    return (parts == np.bincount(inside).argmax()).astype(np.uint8) if inside.size else np.zeros_like(mask)


def _filled(mask: np.ndarray, most_px: float) -> np.ndarray:
    """The mask without holes of fewer pixels; what touches the photo's border is no hole."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    left, top, width, height, area = stats.T
    inner = (left > 0) & (top > 0) & (left + width < mask.shape[1]) & (top + height < mask.shape[0])
    small = inner & (area < most_px)
    small[0] = False  # the mask itself
    return mask | small[parts]


def _alpha(
    mask: np.ndarray, likely: np.ndarray, people_alpha: np.ndarray, pixels: np.ndarray, face: Face
) -> np.ndarray:
    """(H, W) float32: the mask with a soft outline, drawn by both networks and the photo's edges."""
    half = OUTLINE.band_cells * max(mask.shape) / SIZE_PX
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    away = np.maximum(inside, outside)  # from the outline, on either side
    own = np.where(outside > half, 0, np.where(inside > half, 1, likely)).astype(np.float32)
    guided = np.clip(guided_filter(pixels, own, max(1, round(half / 2))), 0, 1)
    trust = _agreement(mask, people_alpha > 0.5, away > half, face)
    drawn = guided + trust * (people_alpha - guided)
    return np.where(away <= half, drawn, mask).astype(np.float32)


def _agreement(mask: np.ndarray, people: np.ndarray, judged: np.ndarray, face: Face) -> np.ndarray:
    """(H, W) float32: 1 where the two outlines agree in what lies round a pixel, 0 where they do not."""
    size = 2 * max(1, round(OUTLINE.agreement * face.side)) + 1
    differ = cv2.blur((judged & (mask != people)).astype(np.float32), (size, size))
    share = differ / np.maximum(cv2.blur(judged.astype(np.float32), (size, size)), 1e-3)
    return np.clip(1 - share / OUTLINE.most_disagreement, 0, 1)


def _classes(shares: np.ndarray, alpha: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(H, W) uint8: the likeliest class of each of the person's pixels, its edges drawn to the photo's."""
    radius = max(1, round(OUTLINE.band_cells / 2 * max(alpha.shape) / SIZE_PX))
    smooth = filter_of(pixels, radius)
    planes = np.stack([smooth(plane) for plane in shares[1:]])
    return np.where(alpha >= 0.5, planes.argmax(0) + 1, PointClass.BACKGROUND).astype(np.uint8)


def guided_filter(pixels: np.ndarray, values: np.ndarray, radius: int) -> np.ndarray:
    """Smooth `values` (H, W) float32 along the edges of a photo (H, W, 3) uint8."""
    return filter_of(pixels, radius)(values)


def filter_of(pixels: np.ndarray, radius: int) -> Callable[[np.ndarray], np.ndarray]:
    """A guided filter by a photo's brightness, for several planes."""
    guide = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    box = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(guide, box)
    spread = cv2.blur(guide * guide, box) - mean**2 + OUTLINE.smoothing

    def smooth(values: np.ndarray) -> np.ndarray:
        mean_values = cv2.blur(values, box)
        slope = (cv2.blur(guide * values, box) - mean * mean_values) / spread
        return cv2.blur(slope, box) * guide + cv2.blur(mean_values - slope * mean, box)

    return smooth


def _disc(radius_px: float) -> np.ndarray:
    size = 2 * max(1, round(radius_px)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def _hull(face: Face, size_hw: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the convex hull of the landmarks."""
    hull = np.zeros(size_hw, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.rint(face.landmarks[:, :2]).astype(np.int32)), 1)
    return hull > 0
