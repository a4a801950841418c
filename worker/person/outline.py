"""Which pixels are the person, how far, and what they show: two networks and the photo's own edges.

The segmentation network says what is person; it is believed everywhere but in the band along its outline. There the
matting network's alpha stands, which sees hair, wherever both networks agree beside the band; else the segmentation
network's, drawn to the photo's edges. People who touch are parted by their heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from worker.box import Box
from worker.person.classes import part_shares
from worker.person.face import Face
from worker.person.landmarks import LANDMARKS
from worker.person.matting import band_of, guided_filter
from worker.person.networks.portrait_matting import PortraitMattingNetwork
from worker.person.networks.segmentation import CLASSES, SIZE_PX, Part, SegmentationNetwork
from worker.person.parting import share_of_person
from worker.person.person import Person


@dataclass(frozen=True)
class OutlineSettings:
    """How an outline is drawn; lengths in sides of the face where no other unit is named. Set by hand."""

    sure_background: float = 0.25  # likelihood of a person up to which alpha is 0; 1 from as far below 1
    band_cells: float = 2.0  # half width of the band along the outline, in pixels of the segmentation network
    band_sides: float = 0.05  # the same in sides of the face: the wider counts
    shirt: float = 0.6  # face sides to either side of the chin: a gap in the clothes there is a shirt or a tie
    sure_gap: float = 0.1  # likelihood of a person up to which a network is sure of background
    most_disagreement: float = 0.03  # share of the pixels round a place for which the matting network is not believed
    box_radii: int = 6  # half widths of the band: the margin round the person in which pixels have a say
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


def person_of(pixels: np.ndarray, face: Face, others: Sequence[Face], networks: PersonNetworks) -> Person:
    """The person whose face that is; the face alone where nothing else was found.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        face: the person's, in these pixels.
        others: other people's faces; they and what belongs to them are left out.
        networks: of outlines.
    Returns:
        The person, on the grid of the pixels.
    """
    with ThreadPoolExecutor(1) as thread:  # the networks run beside each other
        matting = thread.submit(networks.matting.alpha, pixels)
        seen = _Seen.of(part_shares(pixels, face, networks.segmentation))
        own = _own(pixels, seen, face, others)
        matted = matting.result()
    hull = _hull(face, pixels.shape[:2])
    mask = _main_part(own, hull)
    cell_px = max(pixels.shape[:2]) / SIZE_PX
    radius = max(1, round(max(OUTLINE.band_cells * cell_px, OUTLINE.band_sides * face.side)))
    box = Box.round(mask, OUTLINE.box_radii * radius)
    in_box, matted = box.of(mask), box.of(matted)
    seen = seen.within(box)
    in_box |= _gaps_filled(in_box, seen.background, matted)
    in_box |= _shirt(in_box, face.landmarks[LANDMARKS.chin, :2] - (box.left, box.top), face.side)
    if (mask & ~hull).sum() < OUTLINE.least_beyond_face * hull.sum():
        return Person.of_mask(hull, outline_found=False)
    alpha = np.zeros(mask.shape, np.float32)
    box.of(alpha)[:] = _alpha(box.of(pixels), seen, in_box, matted, radius)
    alpha[hull] = 1
    classes = np.full(mask.shape, CLASSES[Part.BACKGROUND], np.uint8)
    box.of(classes)[:] = _classes(seen.part, box.of(alpha))
    return Person(alpha, classes, outline_found=True)


@dataclass(frozen=True)
class _Seen:
    """What the segmentation network sees at each pixel.

    background: (H, W) float32, how likely it is no person's.
    part: (H, W) uint8, the likeliest `Part` of a person, wherever it is.
    surely: (H, W) bool, where that part is likelier than the background.
    """

    background: np.ndarray
    part: np.ndarray
    surely: np.ndarray

    @classmethod
    def of(cls, shares: np.ndarray) -> _Seen:
        """From the shares (6, H, W) of all parts."""
        best = shares[Part.HAIR].copy()
        part = np.full(best.shape, Part.HAIR, np.uint8)
        for other in (Part.BODY_SKIN, Part.FACE_SKIN, Part.CLOTHES, Part.OTHERS):
            part[shares[other] > best] = other
            np.maximum(best, shares[other], out=best)
        return cls(shares[Part.BACKGROUND], part, best > shares[Part.BACKGROUND])

    @property
    def people(self) -> np.ndarray:
        """(H, W) bool: anybody's pixels."""
        return self.background < 0.5

    def within(self, box: Box) -> _Seen:
        """The same in a part of the photo."""
        return _Seen(box.of(self.background), box.of(self.part), box.of(self.surely))


def _own(pixels: np.ndarray, seen: _Seen, face: Face, others: Sequence[Face]) -> np.ndarray:
    """(H, W) bool: the people's pixels that are the person's rather than another's."""
    people = seen.people
    hair, face_skin = (seen.surely & (seen.part == part) for part in (Part.HAIR, Part.FACE_SKIN))
    own = share_of_person(pixels, people, hair, face_skin, face, others)
    return people if own is None else people & (own >= 0.5)


def _main_part(mask: np.ndarray, hull: np.ndarray) -> np.ndarray:
    """The connected part of a mask (H, W) bool that holds the face, thin bridges cut."""
    thin = max(3, round(max(mask.shape) / SIZE_PX) | 1)
    opened = cv2.morphologyEx((mask | hull).astype(np.uint8), cv2.MORPH_OPEN, np.ones((thin, thin)))
    _, parts = cv2.connectedComponents(opened)
    votes = np.bincount(parts[hull & (opened > 0)], minlength=2)
    return np.asarray((parts == votes.argmax()) & (opened > 0)) | hull


def _gaps_filled(mask: np.ndarray, background: np.ndarray, matted: np.ndarray) -> np.ndarray:
    """(H, W) bool: gaps in a mask that a person has not.

    A gap that is closed, unless both networks are sure of background (between arm and body); and one that is open to
    the photo's lower border alone (a tie, a scarf), if the matting network sees a person there.
    """
    count, parts = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    gap = np.ones(count, bool)
    gap[0] = False  # the mask itself
    gap[np.concatenate([parts[0], parts[:, 0], parts[:, -1]])] = False  # outside
    if not gap.any():
        return np.zeros_like(mask)
    inside = gap[parts]
    labels = parts[inside]
    size = np.maximum(np.bincount(labels, minlength=count), 1)
    alpha, empty = (np.bincount(labels, values[inside], count) / size for values in (matted, background))
    filled = (alpha > OUTLINE.sure_gap) | (empty < 1 - OUTLINE.sure_gap)
    below = np.isin(np.arange(count), parts[-1])
    return np.asarray((gap & np.where(below, alpha >= 0.5, filled))[parts])


def _shirt(mask: np.ndarray, chin_uv: np.ndarray, side: float) -> np.ndarray:
    """(H, W) bool: gaps under the chin with the person on both sides; the network takes white shirts for walls."""
    shirt = np.zeros_like(mask)
    under = mask[max(0, int(chin_uv[1])) :]
    if not under.size:
        return shirt
    between = np.logical_or.accumulate(under, axis=1) & np.logical_or.accumulate(under[:, ::-1], axis=1)[:, ::-1]
    _, parts, stats, _ = cv2.connectedComponentsWithStats((between & ~under).astype(np.uint8), connectivity=4)
    left, width = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH]
    near = OUTLINE.shirt * side
    gap = (left > chin_uv[0] - near) & (left + width < chin_uv[0] + near)
    gap[0] = False  # all the rest
    shirt[-len(under) :] = gap[parts]
    return shirt


def _alpha(pixels: np.ndarray, seen: _Seen, mask: np.ndarray, matted: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) float32: how far each pixel is the person's; soft in the band along the mask alone."""
    band, people = band_of(mask, radius), seen.people
    low = OUTLINE.sure_background
    likely_own = np.clip((1 - low - seen.background) / (1 - 2 * low), 0, 1)
    likely_own[mask & ~band] = 1
    others = people & ~mask  # beside the person, the background's own pixels and none of other people's
    likely_own[others] = 0
    sharp = np.clip(guided_filter(pixels.astype(np.float32) / 255, likely_own, radius), 0, 1)
    soft = np.where(_both_agree(people, band, matted, radius), matted, sharp)
    soft[others] = 0
    return np.where(band, soft, mask).astype(np.float32)


def _both_agree(people: np.ndarray, band: np.ndarray, matted: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) bool: where the matting network says near a place, but beside the band, what the segmentation says."""
    differ = (people != (matted > 0.5)) & ~band
    box = (8 * radius + 1, 8 * radius + 1)
    return cv2.blur(differ.astype(np.float32), box) <= OUTLINE.most_disagreement


def _classes(part: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(H, W) uint8 `PointClass`: the likeliest of a person where alpha is one half or more, else the background."""
    of_part = np.array([CLASSES[one] for one in Part], np.uint8)
    return np.where(alpha >= 0.5, of_part[part], of_part[Part.BACKGROUND])


def _hull(face: Face, size_hw: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the convex hull of the landmarks."""
    hull = np.zeros(size_hw, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.rint(face.landmarks[:, :2]).astype(np.int32)), 1)
    return hull > 0
