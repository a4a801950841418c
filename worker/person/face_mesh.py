"""The face mesh: which landmarks make triangles, which mirror each other, and lids over its holes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import sparse

from worker.person.landmarks import LANDMARKS
from worker.person.subdivision import loop_subdivision

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class FaceMeshSettings:
    """How the smooth surface is made; set by hand, no data is recorded."""

    levels: int = 2  # of subdivision: each makes four triangles of one
    cornea_mm: float = 2.0  # how far the eyeball stands out between the lids


FACE_MESH = FaceMeshSettings()


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
        corneas = [points[list(lids)].mean(0) + FACE_MESH.cornea_mm * forward for lids in LANDMARKS.lids]
        return self.weights @ np.vstack([points, *corneas])


@cache
def face_mesh() -> FaceMesh:
    """The mesh, made once: an eye is closed by a fan round its cornea, the mouth by a strip between the lips."""
    coarse = np.array(json.loads((DATA / "triangles.json").read_text()))
    mirror = np.array(json.loads((DATA / "mirror.json").read_text()))
    eyes = [_fan(rim, LANDMARKS.count + i) for i, rim in enumerate((LANDMARKS.right_eye_rim, LANDMARKS.left_eye_rim))]
    mouth = _strip(LANDMARKS.upper_lip, LANDMARKS.lower_lip)
    weights, triangles = loop_subdivision(np.vstack([coarse, *eyes, mouth]), FACE_MESH.levels)
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
