"""Which pixels are the person: a segmentation network, checked and sharpened by the photo's colours.

The network is right about heads and hair. Below the chin it guesses bodies where there are none, so graph cuts from two
starts propose other outlines, and the one with the stronger edge in the photo wins. The network is MediaPipe Selfie
Segmentation, general model; it comes with this package: its wheel is 35 MB and made for few platforms only.
Source: He et al., Guided Image Filtering, 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from worker.person.face import Face
from worker.person.graph_cut import graph_cut
from worker.person.networks.tflite import TfliteNetwork
from worker.person.person import Person
from worker.person.region import Region, region_round

SEGMENTATION = Path(__file__).parent / "data" / "selfie_segmentation.tflite"
SIZE_PX = 256  # side of the network's input


@dataclass(frozen=True)
class OutlineSettings:
    """How an outline is chosen, sharpened and judged; set by hand, no data is recorded."""

    likely: float = 0.5  # the network's likelihood from which a pixel is person, 0 to 1
    cut_reaches: tuple[float, ...] = (np.inf, 0.55)  # face sides: how far below the chin a graph cut starts as person
    network_bonus: float = 3.0  # contrast (Lab) by which another outline must beat the network's
    step_px: float = 3.0  # small pixels inside and outside of the outline: where colours are compared
    most_step: float = 40.0  # a colour difference (Lab) counts no more
    border_px: int = 4  # small pixels: so near to the region's border the outline is not judged
    least_rim_px: int = 8  # an outline with fewer pixels below the chin is not judged
    smoothing: float = 1e-3  # of the guided filter, squared brightness (0 to 1)
    least_face_inside: float = 0.9  # share of the face's pixels: a silhouette with less is wrong
    most_filled: float = 0.985  # share of the region: a silhouette with more has found no background
    other_reach: float = 1.0  # face sides: so far round another's face pixels may be taken from the person


OUTLINE = OutlineSettings()


def person_of(pixels: np.ndarray, face: Face, others: list[Face], network: TfliteNetwork) -> Person:
    """The person whose face that is; the face alone where no believable outline was found.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        face: the person's, in these pixels.
        others: other people's faces; their heads are left out.
        network: the one in SEGMENTATION.
    Returns:
        The person, on the grid of the pixels.
    """
    region = region_round(face, (pixels.shape[0], pixels.shape[1]), SIZE_PX)
    part = region.of(pixels)
    small = cv2.resize(part, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
    (likely,) = network.run(small.astype(np.float32) / 255).values()
    outline = _best(_candidates(small, likely.reshape(SIZE_PX, SIZE_PX), region), small, region)
    sharp = _sharpened(outline, part)
    person = np.zeros(pixels.shape[:2], bool)
    region.of(person)[:] = sharp
    person = _without_others(person, face, others)
    hull = _hull(face, pixels.shape[:2])
    inside = person[hull]
    if sharp.mean() > OUTLINE.most_filled or not inside.size or inside.mean() < OUTLINE.least_face_inside:
        return Person.of_mask(hull, outline_found=False)
    return Person.of_mask(person | hull)


def _candidates(small: np.ndarray, likely: np.ndarray, region: Region) -> list[np.ndarray]:
    """(S, S) bool outlines of the person: the network's, then those of graph cuts."""
    outlines = [likely > OUTLINE.likely]
    outlines += [graph_cut(small, likely, region, reach) for reach in OUTLINE.cut_reaches]
    return [_connected_to_face(outline, region) for outline in outlines]


def _best(outlines: list[np.ndarray], small: np.ndarray, region: Region) -> np.ndarray:
    """The outline along which the colours differ most; the first, the network's, has a bonus."""
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 1)
    scores = np.array([_contrast(lab, outline, region) for outline in outlines])
    scores[0] += OUTLINE.network_bonus
    return outlines[int(scores.argmax())]


def _connected_to_face(outline: np.ndarray, region: Region) -> np.ndarray:
    """The connected part that holds the face, thin bridges cut, its holes filled."""
    opened = cv2.morphologyEx(outline.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    _, parts = cv2.connectedComponents(opened)
    u, v = np.clip(np.rint(region.face), 0, SIZE_PX - 1).astype(int)
    person = (parts == parts[v, u]) & (opened > 0)
    padded = np.pad(~person, 1, constant_values=True).astype(np.uint8)
    _, outside = cv2.connectedComponents(padded)
    return (outside != outside[0, 0])[1:-1, 1:-1]


def _contrast(lab: np.ndarray, outline: np.ndarray, region: Region) -> float:
    """Mean colour step, units of Lab, across the outline below the chin; 0 where none lies in the picture."""
    rim = _judged_rim(outline, region)
    if rim.sum() < OUTLINE.least_rim_px:
        return 0.0
    down, across = np.gradient(cv2.GaussianBlur(outline.astype(np.float32), (0, 0), 2))
    normal = np.stack([across[rim], down[rim]])
    normal = normal / np.maximum(np.hypot(*normal), 1e-6) * OUTLINE.step_px
    at = np.stack(np.nonzero(rim)[::-1]).astype(float)  # (2, N): u, v
    (u_in, v_in), (u_out, v_out) = (
        np.clip(np.rint(at + sign * normal), 0, SIZE_PX - 1).astype(int) for sign in (1, -1)
    )
    step = np.linalg.norm(lab[v_in, u_in] - lab[v_out, u_out], axis=1)
    return float(np.minimum(step, OUTLINE.most_step).mean())


def _judged_rim(outline: np.ndarray, region: Region) -> np.ndarray:
    """(S, S) bool: the outline's outermost pixels below the chin, away from the region's border."""
    eroded = cv2.erode(outline.astype(np.uint8), np.ones((3, 3)), borderValue=1)
    rim = outline & (eroded == 0) & (region.below_chin > 0)
    border = OUTLINE.border_px
    rim[:border] = rim[-border:] = rim[:, :border] = rim[:, -border:] = False
    return rim


def _sharpened(outline: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(h, w) bool: the small outline on the photo's grid, drawn to the photo's edges by a guided filter."""
    height, width = part.shape[:2]
    soft = cv2.resize(outline.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    radius = max(1, round(max(height, width) / SIZE_PX * 2))
    guide = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    filtered = _guided_filter(guide, soft, radius)
    band = cv2.GaussianBlur(soft, (0, 0), radius)
    sharp = np.where((band > 0.1) & (band < 0.9), filtered, soft) > 0.5
    return cv2.medianBlur(sharp.astype(np.uint8), 5 if radius > 1 else 3) > 0


def _guided_filter(guide: np.ndarray, values: np.ndarray, radius: int) -> np.ndarray:
    """Smooth `values` along the edges of `guide`, both (H, W) float32."""
    box = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_values = cv2.blur(guide, box), cv2.blur(values, box)
    slope = (cv2.blur(guide * values, box) - mean_guide * mean_values) / (
        cv2.blur(guide * guide, box) - mean_guide**2 + OUTLINE.smoothing
    )
    return cv2.blur(slope, box) * guide + cv2.blur(mean_values - slope * mean_guide, box)


def _without_others(person: np.ndarray, face: Face, others: list[Face]) -> np.ndarray:
    """The silhouette without what lies nearer to another's face than to the own one, in sides of each."""
    v, u = np.mgrid[: person.shape[0], : person.shape[1]]
    own = np.hypot(u - face.middle[0], v - face.middle[1]) / face.side
    for other in others:
        theirs = np.hypot(u - other.middle[0], v - other.middle[1]) / other.side
        person = person & ~((theirs < own) & (theirs < OUTLINE.other_reach))
    return person


def _hull(face: Face, size_hw: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the convex hull of the landmarks."""
    hull = np.zeros(size_hw, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.rint(face.landmarks[:, :2]).astype(np.int32)), 1)
    return hull > 0
