"""A whole head as meshes, all around, whose expression can be changed.

Convention: the photo's camera frame, x right, y down, z forward, in mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

PartName = Literal["skin", "eyes", "teeth", "tongue", "hair", "clothes"]


@dataclass(frozen=True)
class Morph:
    """How one expression moves some of a mesh's vertices, at full strength.

    indices: (K,) int, ascending, which vertices; offsets_mm: (K, 3) float32.
    """

    indices: np.ndarray
    offsets_mm: np.ndarray


@dataclass(frozen=True)
class HeadPart:
    """A mesh of one material; the vertices are those of the neutral face.

    Where the texture has a seam, a vertex stands twice, once for each side of it.

    vertices: (N, 3) float32 mm.
    triangles: (T, 3) int32, counterclockwise seen from outside: (b - a) x (c - a) points outward.
    uv: (N, 2) float32, where the vertices lie in `texture`: 0..1 from left to right, and from bottom to top.
    rgb: (N, 3) uint8, the texture's colour at each vertex.
    texture: (h, w, 3) uint8.
    morphs: by the name of the expression; those that do not move this part are absent.
    """

    name: PartName
    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    rgb: np.ndarray
    texture: np.ndarray
    morphs: Mapping[str, Morph]


@dataclass(frozen=True)
class Measure:
    """A distance between two named landmarks, of the neutral face.

    error_mm: standard deviation; the true length lies within this in two of three cases.
    ends: (2, 3) float, mm.
    """

    name: str
    length_mm: float
    error_mm: float
    ends: np.ndarray


@dataclass(frozen=True)
class WholeHead:
    """A head with its parts, how the photo shows it, and what was measured.

    expressions: names of all that can move it, in the order of the morphs in files.
    weights: of the expressions in the photo, 0 to 1.
    rotation: (3, 3), columns are the head's right-to-left, down and back directions in the camera frame.
    eyes_mm: (3,) the middle between the pupils.
    landmarks: points (3,) mm of the neutral face by name.
    """

    parts: tuple[HeadPart, ...]
    expressions: tuple[str, ...]
    weights: Mapping[str, float]
    rotation: np.ndarray
    eyes_mm: np.ndarray
    landmarks: Mapping[str, np.ndarray]
    measures: tuple[Measure, ...]

    def posed(self, part: HeadPart, weights: Mapping[str, float] | None = None) -> np.ndarray:
        """(N, 3) float32 mm, a part's vertices under expression weights; without them, those of the photo."""
        vertices = part.vertices.copy()
        for name, weight in (self.weights if weights is None else weights).items():
            if name in part.morphs and weight:
                morph = part.morphs[name]
                vertices[morph.indices] += np.float32(weight) * morph.offsets_mm
        return vertices
