"""Which pixels are the person: a segmentation network, checked and sharpened by the photo's colours.

The network (MediaPipe Selfie Segmentation) is right about heads and hair. Below the chin it guesses bodies where there
are none, so graph cuts from two starts propose other outlines, and the one with the stronger edge in the photo wins.
Source: Rother et al., GrabCut, 2004; He et al., Guided Image Filtering, 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from worker.person.faces import Face
from worker.person.networks import Network

FILE = Path(__file__).parent / "data" / "selfie_segmentation.tflite"
SIZE = 256
WIDTH_FACES, ABOVE_FACES, BELOW_FACES = 4.4, 1.6, 3.2  # of the region looked at, in face sides round its middle
CHIN_FACES = 0.48  # from the middle of the face
TRUST_MARGIN = 3.0  # contrast (Lab) by which another outline must beat the network's
CUT_ROUNDS = 4
MIN_FACE_INSIDE = 0.9  # of the face's pixels: a silhouette with less is wrong
MAX_FILLED = 0.985  # of the region: a silhouette with more has found no background


@dataclass(frozen=True)
class Region:
    """The part of the photo round one person, seen as SIZE x SIZE pixels: [top, bottom) x [left, right)."""

    top: int
    bottom: int
    left: int
    right: int
    face: np.ndarray  # (2,) middle of the face, in the small picture
    side: np.ndarray  # (2,) its side across and down, in the small picture

    @property
    def below_chin(self) -> np.ndarray:
        """(SIZE, SIZE) float, face sides below the chin at each pixel; negative above it."""
        chin = self.face[1] + CHIN_FACES * self.side[1]
        return np.repeat((np.arange(SIZE)[:, None] - chin) / self.side[1], SIZE, axis=1)

    @property
    def beside_face(self) -> np.ndarray:
        """(SIZE, SIZE) float, face sides to either side of the face's middle."""
        return np.repeat(np.abs(np.arange(SIZE)[None] - self.face[0]) / self.side[0], SIZE, axis=0)


class Segmenter:
    """Finds the silhouette of a person whose face is known."""

    def __init__(self) -> None:
        self._network = Network(FILE)

    def silhouette(self, pixels: np.ndarray, face: Face, others: list[Face]) -> np.ndarray | None:
        """The person's pixels.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            face: the person's, in these pixels.
            others: other people's faces; their heads are left out.
        Returns:
            (H, W) bool; None where no believable outline was found.
        """
        height, width = pixels.shape[:2]
        region = region_round(face, (height, width))
        part = pixels[region.top : region.bottom, region.left : region.right]
        small = cv2.resize(part, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        likely = next(iter(self._network.run(small.astype(np.float32) / 255).values())).reshape(SIZE, SIZE)
        outline = _best_outline(small, likely, region)
        full = np.zeros((height, width), np.uint8)
        sharp = _sharpened(outline, part)
        full[region.top : region.bottom, region.left : region.right] = sharp
        return _checked(full > 0, face, others, sharp.mean())


def region_round(face: Face, size_hw: tuple[int, int]) -> Region:
    """The region of a photo that holds the head and shoulders of a face."""
    (u, v), side = face.middle, face.side
    left, right = max(0, int(u - side * WIDTH_FACES / 2)), min(size_hw[1], int(u + side * WIDTH_FACES / 2) + 1)
    top, bottom = max(0, int(v - side * ABOVE_FACES)), min(size_hw[0], int(v + side * BELOW_FACES) + 1)
    scale = SIZE / np.array([right - left, bottom - top])
    return Region(top, bottom, left, right, (np.array([u, v]) - [left, top]) * scale, side * scale)


def _best_outline(small: np.ndarray, likely: np.ndarray, region: Region) -> np.ndarray:
    """(SIZE, SIZE) bool: the network's outline, or a graph cut's where the photo's edges clearly favour that."""
    outlines = [_person(likely > 0.5, region)]
    for reach in (np.inf, 0.55):
        outlines.append(_person(_graph_cut(small, likely, region, reach), region))
    scores = np.array([_edge_contrast(small, outline, region) for outline in outlines])
    scores[0] += TRUST_MARGIN
    return outlines[int(scores.argmax())]


def _graph_cut(small: np.ndarray, likely: np.ndarray, region: Region, reach: float) -> np.ndarray:
    """Cut out the person by colour, starting from the network's answer down to `reach` face sides below the chin."""
    below = region.below_chin
    body = (below > 0) & (below < reach)
    if np.isfinite(reach):
        body &= region.beside_face < 0.35 + 1.1 * below
    person = (likely > 0.5) & ((below <= 0) | body)
    certain = cv2.erode((likely > 0.9).astype(np.uint8), np.ones((9, 9))) > 0
    neck = (below < 0.35) & (region.beside_face < 0.25)
    far = cv2.dilate((likely > 0.1).astype(np.uint8), np.ones((25, 25))) == 0
    beside = (below <= 0) & (cv2.dilate((likely > 0.3).astype(np.uint8), np.ones((9, 9))) == 0)
    labels = np.where(person, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[certain & ((below <= 0) | neck)] = cv2.GC_FGD
    labels[far | beside] = cv2.GC_BGD
    if not ((labels == cv2.GC_FGD).any() and ((labels == cv2.GC_BGD) | (labels == cv2.GC_PR_BGD)).any()):
        return likely > 0.5
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(small, labels, (0, 0, 1, 1), background, foreground, CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _person(outline: np.ndarray, region: Region) -> np.ndarray:
    """The connected part that holds the face, thin bridges cut, its holes filled."""
    opened = cv2.morphologyEx(outline.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    _, parts = cv2.connectedComponents(opened)
    u, v = np.clip(np.rint(region.face), 0, SIZE - 1).astype(int)
    person = (parts == parts[v, u]) & (opened > 0)
    padded = np.pad(~person, 1, constant_values=True).astype(np.uint8)
    _, outside = cv2.connectedComponents(padded)
    return (outside != outside[0, 0])[1:-1, 1:-1]


def _edge_contrast(small: np.ndarray, outline: np.ndarray, region: Region, reach_px: float = 3.0) -> float:
    """Mean colour step (Lab, each capped at 40) across the outline below the chin; 0 where none lies in the picture."""
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 1)
    rim = outline & (cv2.erode(outline.astype(np.uint8), np.ones((3, 3)), borderValue=1) == 0) & (region.below_chin > 0)
    rim[:4] = rim[-4:] = rim[:, :4] = rim[:, -4:] = False
    if rim.sum() < 8:
        return 0.0
    down, across = np.gradient(cv2.GaussianBlur(outline.astype(np.float32), (0, 0), 2))
    normal = np.stack([across[rim], down[rim]])
    normal = normal / np.maximum(np.hypot(*normal), 1e-6) * reach_px
    at = np.stack(np.nonzero(rim)[::-1]).astype(float)  # (2, N): u, v
    (u_in, v_in), (u_out, v_out) = (np.clip(np.rint(at + sign * normal), 0, SIZE - 1).astype(int) for sign in (1, -1))
    step = np.linalg.norm(lab[v_in, u_in] - lab[v_out, u_out], axis=1)
    return float(np.minimum(step, 40).mean())


def _sharpened(outline: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(h, w) uint8, 0 or 1: the small outline on the photo's grid, drawn to the photo's edges by a guided filter."""
    height, width = part.shape[:2]
    soft = cv2.resize(outline.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    radius = max(1, round(max(height, width) / SIZE * 2))
    guide = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    filtered = _guided_filter(guide, soft, radius)
    band = cv2.GaussianBlur(soft, (0, 0), radius)
    sharp = np.where((band > 0.1) & (band < 0.9), filtered, soft) > 0.5
    return cv2.medianBlur(sharp.astype(np.uint8), 5 if radius > 1 else 3)


def _guided_filter(guide: np.ndarray, values: np.ndarray, radius: int, epsilon: float = 1e-3) -> np.ndarray:
    """Smooth `values` along the edges of `guide`, both (H, W) float32."""
    box = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_values = cv2.blur(guide, box), cv2.blur(values, box)
    slope = (cv2.blur(guide * values, box) - mean_guide * mean_values) / (
        cv2.blur(guide * guide, box) - mean_guide**2 + epsilon
    )
    return cv2.blur(slope, box) * guide + cv2.blur(mean_values - slope * mean_guide, box)


def _checked(person: np.ndarray, face: Face, others: list[Face], filled: float) -> np.ndarray | None:
    """The silhouette without other people's heads and what lies far from the face; None where it is unbelievable."""
    v, u = np.mgrid[: person.shape[0], : person.shape[1]]
    own = np.hypot(u - face.middle[0], v - face.middle[1]) / face.side
    for other in others:
        theirs = np.hypot(u - other.middle[0], v - other.middle[1]) / other.side
        person = person & ~((theirs < own) & (theirs < 1.0))
    hull = np.zeros(person.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.rint(face.landmarks[:, :2]).astype(np.int32)), 1)
    inside = person[hull > 0]
    if filled > MAX_FILLED or not inside.size or inside.mean() < MIN_FACE_INSIDE:
        return None
    return person | (hull > 0)
