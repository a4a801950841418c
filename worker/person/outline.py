"""Which pixels are the person, how far, and what they show: two networks and the photo's own edges.

The segmentation network says what is person; it is believed everywhere but in the band along its outline. There the
matting network's alpha stands, which sees hair, wherever both networks agree beside the band; else the segmentation
network's, drawn to the photo's edges. People who touch are parted by their heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from worker.person.face import Face
from worker.person.matting import band_of, guided_filter
from worker.person.networks.portrait_matting import PortraitMattingNetwork
from worker.person.networks.segmentation import CLASSES, SIZE_PX, Part, SegmentationNetwork
from worker.person.parting import share_of_person
from worker.person.person import Person


@dataclass(frozen=True)
class OutlineSettings:
    """How an outline is drawn; lengths in sides of the face where no other unit is named. Set by hand."""

    window_sides: float = 8.0  # of the square part of the photo that is looked at for itself
    window_above: float = 2.5  # from the face's middle up
    window_gain: float = 1.5  # of the face's size in the network's input, from which the second look is taken
    sure_background: float = 0.25  # likelihood of a person up to which alpha is 0; 1 from as far below 1
    band_cells: float = 2.0  # half width of the band along the outline, in pixels of the segmentation network
    band_sides: float = 0.05  # the same in sides of the face: the wider counts
    sure_gap: float = 0.1  # likelihood of a person up to which a network is sure of background
    most_disagreement: float = 0.03  # share of the pixels round a place for which the matting network is not believed
    least_body: float = 0.2  # of the face's pixels: an outline that adds less to them has found nothing


OUTLINE = OutlineSettings()


class OutlineFinder:
    """Finds the pixels of a person; it may be used from one thread at a time."""

    def __init__(self, segmentation: SegmentationNetwork, matting: PortraitMattingNetwork) -> None:
        self._segmentation = segmentation
        self._matting = matting
        self._thread = ThreadPoolExecutor(1, "portrait-matting")

    def person(self, pixels: np.ndarray, face: Face, others: Sequence[Face]) -> Person:
        """The person whose face that is; the face alone where nothing else was found.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            face: the person's, in these pixels.
            others: other people's faces.
        Returns:
            The person, on the grid of the pixels.
        """
        matted = self._thread.submit(self._matting.alpha, pixels)
        shares, cell_px = self._shares(pixels, face)
        hull = _hull(face, pixels.shape[:2])
        people = shares[..., Part.BACKGROUND] < 0.5
        mask = _main_part(_own(pixels, shares, people, face, others), hull)
        mask = mask | _gaps_filled(mask, shares, matted.result())
        radius = max(1, round(max(OUTLINE.band_cells * cell_px, OUTLINE.band_sides * face.side)))
        alpha = _alpha(pixels, shares, mask, people, matted.result(), radius)
        alpha[hull] = 1
        if (alpha[~hull] >= 0.5).sum() < OUTLINE.least_body * hull.sum():
            return Person.of_mask(hull, outline_found=False)
        return Person(alpha, _classes(shares, alpha), outline_found=True)

    def _shares(self, pixels: np.ndarray, face: Face) -> tuple[np.ndarray, float]:
        """(H, W, 6) float32 likelihoods of the parts, and the size of the network's pixels near the face.

        Where the face is small, or the photo far from square, the part round the face is looked at for itself as well.
        """
        height, width = pixels.shape[:2]
        shares = cv2.resize(self._segmentation.shares(pixels), (width, height), interpolation=cv2.INTER_LINEAR)
        cell_px = max(height, width) / SIZE_PX
        window = _window(face, height, width)
        part = pixels[window]
        part_cell_px = max(part.shape[:2]) / SIZE_PX
        if not part.size or cell_px < OUTLINE.window_gain * part_cell_px:
            return shares, cell_px
        seen = cv2.resize(self._segmentation.shares(part), part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        weight = _towards_border(window, height, width)[..., None]
        shares[window] = weight * seen + (1 - weight) * shares[window]
        return shares, part_cell_px


def _window(face: Face, height: int, width: int) -> tuple[slice, slice]:
    """The rows and columns of the photo round the face."""
    u, v = face.middle
    half = OUTLINE.window_sides * face.side / 2
    top = v - OUTLINE.window_above * face.side
    rows = slice(max(0, int(top)), max(0, min(height, int(top + 2 * half) + 1)))
    return rows, slice(max(0, int(u - half)), max(0, min(width, int(u + half) + 1)))


def _towards_border(window: tuple[slice, slice], height: int, width: int) -> np.ndarray:
    """(h, w) float32, 1 inside the window, falling to 0 over its outermost eighth where the photo goes on."""
    ramps = []
    for part, length in zip(window, (height, width), strict=True):
        at = np.arange(part.start, part.stop)
        fade = max(1.0, (part.stop - part.start) / 8)
        first = (at - part.start + 0.5) / fade if part.start > 0 else np.ones(len(at))
        last = (part.stop - at - 0.5) / fade if part.stop < length else np.ones(len(at))
        ramps.append(np.clip(np.minimum(first, last), 0, 1))
    return np.outer(*ramps).astype(np.float32)


def _own(pixels: np.ndarray, shares: np.ndarray, people: np.ndarray, face: Face, others: Sequence[Face]) -> np.ndarray:
    """(H, W) bool: the people's pixels that are the person's rather than another's."""
    part = shares.argmax(-1)
    own = share_of_person(pixels, people, part == Part.HAIR, part == Part.FACE_SKIN, face, others)
    return people if own is None else people & (own >= 0.5)


def _main_part(mask: np.ndarray, hull: np.ndarray) -> np.ndarray:
    """The connected part of a mask (H, W) bool that holds the face, thin bridges cut."""
    thin = max(3, round(max(mask.shape) / SIZE_PX) | 1)
    opened = cv2.morphologyEx((mask | hull).astype(np.uint8), cv2.MORPH_OPEN, np.ones((thin, thin)))
    _, parts = cv2.connectedComponents(opened)
    votes = np.bincount(parts[hull & (opened > 0)], minlength=2)
    return np.asarray((parts == votes.argmax()) & (opened > 0)) | hull


def _gaps_filled(mask: np.ndarray, shares: np.ndarray, matted: np.ndarray) -> np.ndarray:
    """(H, W) bool: gaps in a mask that a person has not.

    A gap that is closed, unless both networks are sure of background (between arm and body); and one that is open to
    the photo's lower border alone (a tie, a scarf), if the matting network sees a person there.
    """
    count, parts = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    outside = np.unique(np.concatenate([parts[0], parts[:, 0], parts[:, -1]]))
    below = np.isin(np.arange(count), parts[-1])
    size = np.maximum(np.bincount(parts.ravel(), minlength=count), 1)
    alpha, background = (
        np.bincount(parts.ravel(), values.ravel(), count) / size for values in (matted, shares[..., Part.BACKGROUND])
    )
    sure = 1 - OUTLINE.sure_gap
    filled = np.where(below, alpha >= 0.5, (alpha > OUTLINE.sure_gap) | (background < sure))
    filled[outside] = False
    filled[0] = False  # the mask itself
    return np.asarray(filled[parts])


def _alpha(
    pixels: np.ndarray, shares: np.ndarray, mask: np.ndarray, people: np.ndarray, matted: np.ndarray, radius: int
) -> np.ndarray:
    """(H, W) float32: how far each pixel is the person's; soft in the band along the mask alone."""
    band = band_of(mask, radius)
    likely = 1 - shares[..., Part.BACKGROUND]
    low = OUTLINE.sure_background
    stretched = np.clip((likely - low) / (1 - 2 * low), 0, 1)
    not_others = ~people | mask  # beside the person, the background's own pixels and none of other people's
    likely_own = np.where(not_others, np.where(mask & ~band, 1, stretched), 0).astype(np.float32)
    sharp = np.clip(guided_filter(pixels.astype(np.float32) / 255, likely_own, radius), 0, 1)
    soft = np.where(_both_agree(people, band, matted, radius), matted, sharp)
    return np.where(band, soft * not_others, mask).astype(np.float32)


def _both_agree(people: np.ndarray, band: np.ndarray, matted: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) bool: where the matting network says near a place, but beside the band, what the segmentation says."""
    differ = (people != (matted > 0.5)) & ~band
    box = (8 * radius + 1, 8 * radius + 1)
    return cv2.blur(differ.astype(np.float32), box) <= OUTLINE.most_disagreement


def _classes(shares: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(H, W) uint8 `PointClass`: the likeliest of a person where alpha is one half or more, else the background."""
    parts = shares[..., Part.HAIR :].argmax(-1) + Part.HAIR
    of_part = np.array([CLASSES[part] for part in Part], np.uint8)
    return np.where(alpha >= 0.5, of_part[parts], of_part[Part.BACKGROUND]).astype(np.uint8)


def _hull(face: Face, size_hw: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the convex hull of the landmarks."""
    hull = np.zeros(size_hw, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.rint(face.landmarks[:, :2]).astype(np.int32)), 1)
    return hull > 0
