"""What the files of a whole head are made from: prepared once for all formats.

Convention: lengths in mm, x right, y up, z towards the viewer, the camera at the origin, as the photo has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Literal

import cv2
import numpy as np

from shared.head.head import HeadPart, WholeHead
from shared.head.weld import numbered
from worker.export.source import AXES, Facts, standing
from worker.geometry.surface.mesh import Y_UP
from worker.head.meshes import vertex_normals

TEXTURE_QUALITY = 90


@dataclass(frozen=True)
class ExportPart:
    """A part of a head as files have it.

    part: what the builder gave.
    neutral, posed: (N, 3) float32 mm, the vertices of the neutral face, and with the photo's expression.
    welded: (N,) int, the same number for vertices that lie in one place in both: those on the texture's seams.
    """

    part: HeadPart
    neutral: np.ndarray
    posed: np.ndarray
    welded: np.ndarray

    @cached_property
    def neutral_normals(self) -> np.ndarray:
        """(N, 3) float32, of unit length."""
        return welded_normals(self.neutral, self.part.triangles, self.welded)

    @cached_property
    def posed_normals(self) -> np.ndarray:
        """(N, 3) float32, of unit length."""
        return welded_normals(self.posed, self.part.triangles, self.welded)

    @cached_property
    def texture(self) -> bytes:
        """The texture as JPEG."""
        how = [cv2.IMWRITE_JPEG_QUALITY, TEXTURE_QUALITY]
        return bytes(cv2.imencode(".jpg", cv2.cvtColor(self.part.texture, cv2.COLOR_RGB2BGR), how)[1])


@dataclass(frozen=True)
class HeadSource:
    """A whole head; each part is prepared when the first format asks for it.

    facts: what made it; every file says it, after what its numbers are.
    made: when the files are made, for archives.
    """

    head: WholeHead
    facts: Facts
    made: datetime = field(default_factory=partial(datetime.now, UTC))

    def facts_in(self, unit: Literal["mm", "m"]) -> Facts:
        """What a file says whose lengths are in that unit, and whose frame is the photo's."""
        return {"unit": unit, "axes": f"{AXES}; the camera is the origin", **self.facts}

    @cached_property
    def standing_mm(self) -> np.ndarray:
        """(3,) what moves the head so that it stands on the floor at the origin, as viewers in space want it."""
        points = np.vstack([part.posed for part in self.parts]).astype(float)
        return standing(points)

    @cached_property
    def parts(self) -> tuple[ExportPart, ...]:
        """All parts, in the head's order."""
        return tuple(self._prepared(part) for part in self.head.parts)

    def _prepared(self, part: HeadPart) -> ExportPart:
        neutral, posed = y_up(part.vertices), y_up(self.head.posed(part))
        return ExportPart(part, neutral, posed, welded(np.hstack([neutral, posed])))


def y_up(points: np.ndarray) -> np.ndarray:
    """Points (..., 3) of the photo's camera frame, x right, y down, z forward, as float32 in the frame of files."""
    return (points * Y_UP + 0.0).astype(np.float32)  # + 0: no -0, which is another value to whoever compares bytes


def welded(places: np.ndarray) -> np.ndarray:
    """(N,) int, numbers from 0 on: the same for rows of `places` (N, K) float32 that are equal."""
    return numbered(np.ascontiguousarray(places + np.float32(0)).view(np.uint32))  # + 0: no -0


def welded_normals(vertices: np.ndarray, triangles: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(N, 3) float32 of unit length: the mean of the faces round a vertex by area; of welded vertices together.

    Args:
        vertices: (N, 3).
        triangles: (T, 3), counterclockwise seen from outside.
        places: (N,) int from `welded`.
    """
    once = np.empty((places.max() + 1, 3), vertices.dtype)
    once[places] = vertices
    units = vertex_normals(once, places[triangles])
    units[~units.any(1)] = [0, 0, 1]  # a format has no place for no direction
    return units[places].astype(np.float32)
