"""One person out of people who touch: every head found, then each pixel given to the head from which it is reached.

A random walker starts at each pixel of the people and crosses the photo's edges unwillingly; the person's are the
pixels from which it arrives at the person's own head first. A weak prior, the nearest head in sizes of heads, decides
where no edge does. Heads without a face that was found (profiles, hidden faces) are seen as blobs of hair or facial
skin.
Source: Grady, Multilabel Random Walker Image Segmentation Using Prior Models, CVPR 2005.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from worker.person.face import Face


@dataclass(frozen=True)
class PartingSettings:
    """How people are parted; lengths in sides of a face.

    Chosen on pairs of people that were put together from every other photo of tests/data/photos, and on that folder's
    three groups; pairs of the other photos were kept apart for the score.
    """

    face_px: float = 28.0  # size of the person's face on the grid where people are parted
    most_px: int = 400  # longest side of that grid
    head_across: float = 0.4  # half axes of the ellipse in a face that is surely its person's
    head_down: float = 0.5
    down_counts: float = 0.6  # a distance down or up counts less than one across: people stand upright
    softness: float = 0.2  # how much nearer another head must be for a certain prior
    edge: float = 3.0  # how unwillingly an edge is crossed, for one of mean squared colour difference
    prior: float = 2.0  # weight of the prior, over the pixels of one squared side of a face
    reach_across: float = 0.8  # half axes of the ellipse round a face where hair and skin are its own
    reach_down: float = 1.0
    hair_across: float = 0.8  # so far aside and down hair is taken for the long hair of a face that was found
    hair_down: float = 2.5
    least_head: float = 0.17  # radius from which a blob of hair or facial skin is a head
    heads_apart: float = 0.8  # so far from its middle no other head is looked for
    most_heads: int = 12


PARTING = PartingSettings()


@dataclass(frozen=True)
class Head:
    """Where a head is: middle and size of its face, in pixels of some grid."""

    u: float
    v: float
    side: float

    def within(self, size_hw: tuple[int, ...], across: float, down: float) -> np.ndarray:
        """(H, W) bool: the ellipse round the face of these half axes, in sides."""
        v, u = np.ogrid[: size_hw[0], : size_hw[1]]
        return np.hypot((u - self.u) / across, (v - self.v) / down) < self.side


def share_of_person(
    pixels: np.ndarray, people: np.ndarray, hair: np.ndarray, face_skin: np.ndarray, face: Face, others: Sequence[Face]
) -> np.ndarray | None:
    """How likely each pixel belongs to the person rather than to another.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        people: (H, W) bool, anybody's pixels.
        hair, face_skin: (H, W) bool, what of them is hair and skin of faces.
        face: the person's.
        others: further faces that were found.
    Returns:
        (H, W) float32, 0 to 1; None where no other head is in the photo.
    """
    height, width = people.shape
    scale = min(1.0, PARTING.face_px / face.side, PARTING.most_px / max(height, width))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    ratio = size_wh[0] / width, size_wh[1] / height
    known = [_head_of(one.scaled(ratio)) for one in (face, *others)]
    small_hair, small_skin, small_people = (_shrunk(mask, size_wh) for mask in (hair, face_skin, people))
    heads = known + heads_without_face(small_hair, small_skin, known)
    if len(heads) == 1:
        return None
    small = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)
    share = _walked(small, small_people, heads)
    return cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)


def heads_without_face(hair: np.ndarray, face_skin: np.ndarray, known: Sequence[Head]) -> list[Head]:
    """Heads beside the known ones, by blobs of hair or skin of a face; the largest first.

    Args:
        hair, face_skin: (H, W) bool.
        known: the heads whose faces were found, on that grid; the first gives the size of a head.
    """
    free = hair | face_skin
    v, u = np.ogrid[: hair.shape[0], : hair.shape[1]]
    for head in known:
        down = v - head.v
        long_hair = (np.abs(u - head.u) < PARTING.hair_across * head.side) & (down > 0)
        long_hair = long_hair & (down < PARTING.hair_down * head.side) & ~face_skin
        free = free & ~head.within(hair.shape, PARTING.reach_across, PARTING.reach_down) & ~long_hair
    side, heads = known[0].side, list[Head]()
    while len(heads) < PARTING.most_heads:
        inside = cv2.distanceTransform(np.pad(free, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        radius = float(inside.max())
        if radius < PARTING.least_head * side:
            break
        top, left = np.unravel_index(int(inside.argmax()), inside.shape)
        heads.append(Head(float(left), float(top), side))
        free = free & (np.hypot(u - left, v - top) > PARTING.heads_apart * side)
    return heads


def _walked(pixels: np.ndarray, people: np.ndarray, heads: Sequence[Head]) -> np.ndarray:
    """(H, W) float32: how likely a random walker from each pixel meets the first head before any other."""
    ellipses = [head.within(people.shape, PARTING.head_across, PARTING.head_down) for head in heads]
    others = np.any(ellipses[1:], axis=0) & ~ellipses[0]
    people = people | ellipses[0] | others
    prior = _nearness(people.shape, heads)
    sure = ellipses[0] | others
    wanted = np.where(sure, ellipses[0], prior)
    weak = PARTING.prior / heads[0].side ** 2 * np.abs(2 * prior - 1)
    weight = np.where(sure, 100.0, weak + 1e-9)[people]  # 100: against edges of at most 1
    system = _laplacian(pixels, people) + sparse.diags(weight)
    share = np.zeros(people.shape, np.float32)
    share[people] = spsolve(system.tocsc(), weight * wanted[people], permc_spec="MMD_AT_PLUS_A")
    return np.clip(share, 0, 1)


def _nearness(size_hw: tuple[int, ...], heads: Sequence[Head]) -> np.ndarray:
    """(H, W) float, 0 to 1: how much nearer the first head is than any other, in sizes of heads.

    Each size is the geometric mean of the head's and the first one's: people are of a size, and landmarks of profiles
    come out too small.
    """
    v, u = np.ogrid[: size_hw[0], : size_hw[1]]
    own, *others = (
        np.hypot(u - head.u, PARTING.down_counts * (v - head.v)) / np.sqrt(head.side * heads[0].side) for head in heads
    )
    lead = (np.min(others, axis=0) - own) / PARTING.softness
    return np.asarray(1 / (1 + np.exp(-np.clip(lead, -50, 50))))


def _laplacian(pixels: np.ndarray, mask: np.ndarray) -> sparse.spmatrix:
    """(N, N) Laplacian of the grid's N pixels in a mask, an edge between like colours being near 1."""
    lab = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 0.7)
    number = np.cumsum(mask).reshape(mask.shape) - 1
    pairs, steps = [], []
    for first, second in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        both = mask[first] & mask[second]
        pairs.append(np.stack([number[first][both], number[second][both]]))
        steps.append(((lab[first] - lab[second]) ** 2).sum(-1)[both])
    (rows, columns), step = np.concatenate(pairs, axis=1), np.concatenate(steps)
    weights = np.exp(-PARTING.edge * step / max(float(step.mean()) if step.size else 0, 1e-6)) + 1e-3
    edges = sparse.coo_matrix((weights, (rows, columns)), shape=(int(mask.sum()),) * 2)
    edges = edges + edges.T
    return sparse.diags(np.asarray(edges.sum(1)).ravel()) - edges


def _head_of(face: Face) -> Head:
    return Head(float(face.middle[0]), float(face.middle[1]), face.side)


def _shrunk(mask: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """The mask (H, W) bool on a smaller grid: True where at least half is."""
    return cv2.resize(mask.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) >= 0.5
