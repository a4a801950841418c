"""The face mesh: which landmarks make triangles, which mirror each other, and lids over its holes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import sparse

from worker.person.subdivision import loop_subdivision

DATA = Path(__file__).parent / "data"
LEVELS = 2
CORNEA_MM = 2.0  # how far the eyeball stands out between the lids
# Rims of the holes, in order. An eye gets a lid of one fan, the mouth a strip between the lips.
RIGHT_EYE_RIM = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE_RIM = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LIPS_RIM = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
PATTERNS = (RIGHT_EYE_RIM, LEFT_EYE_RIM, LIPS_RIM, RIGHT_BROW, LEFT_BROW)  # brightness there is no shading
LIDS = ((159, 145), (386, 374))  # middles of the upper and lower lid


@dataclass(frozen=True)
class FaceMesh:
    """A smooth closed surface through the landmarks.

    weights: (M, 470) sparse: smooth points = weights @ (468 landmarks, then the two corneas).
    triangles: (T, 3) int over the M smooth points.
    coarse: (852, 3) int triangles of the network's own mesh, with holes.
    mirror: (468,) int, each landmark's mirror image.
    """

    weights: sparse.csr_matrix
    triangles: np.ndarray
    coarse: np.ndarray
    mirror: np.ndarray

    def smooth(self, points: np.ndarray, forward: np.ndarray) -> np.ndarray:
        """(M, 3) points of the smooth surface from (468, 3) landmarks in mm; `forward` (3,) is where the face looks."""
        corneas = [points[list(lids)].mean(0) + CORNEA_MM * forward for lids in LIDS]
        return self.weights @ np.vstack([points, *corneas])


@cache
def face_mesh() -> FaceMesh:
    """The mesh, made once."""
    coarse = np.array(json.loads((DATA / "triangles.json").read_text()))
    mirror = np.array(json.loads((DATA / "mirror.json").read_text()))
    lids = [_fan(RIGHT_EYE_RIM, 468), _fan(LEFT_EYE_RIM, 469), _strip(UPPER_LIP, LOWER_LIP)]
    weights, triangles = loop_subdivision(np.vstack([coarse, *lids]), LEVELS)
    return FaceMesh(weights, triangles, coarse, mirror)


def _fan(rim: tuple[int, ...], middle: int) -> np.ndarray:
    """Triangles from a closed rim to one point."""
    return np.array([(a, b, middle) for a, b in zip(rim, rim[1:] + rim[:1], strict=True)])


def _strip(upper: tuple[int, ...], lower: tuple[int, ...]) -> np.ndarray:
    """Triangles between two lines that share their ends."""
    triangles = []
    for i in range(len(upper) - 1):
        triangles += [(upper[i], upper[i + 1], lower[i + 1]), (upper[i], lower[i + 1], lower[i])]
    return np.array([triangle for triangle in triangles if len(set(triangle)) == 3])
