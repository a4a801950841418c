"""The part of a photo round one person, in which a network sees a face that is small in the photo."""

from __future__ import annotations

from dataclasses import dataclass

from worker.box import Box
from worker.person.face import Face


@dataclass(frozen=True)
class RegionSettings:
    """The part of a photo round a person, in face sides; set by hand, no data is recorded."""

    width: float = 4.4  # of the region, the face in the middle
    above: float = 1.6  # from the face's middle up
    below: float = 3.2  # from the face's middle down


REGION = RegionSettings()


def region_round(face: Face, size_hw: tuple[int, int]) -> Box:
    """The region that holds the head and shoulders of a face, inside a photo of that size."""
    (u, v), side = face.middle, face.side
    half = side * REGION.width / 2
    left, right = max(0, int(u - half)), min(size_hw[1], int(u + half) + 1)
    top, bottom = max(0, int(v - side * REGION.above)), min(size_hw[0], int(v + side * REGION.below) + 1)
    return Box(top, max(bottom, top + 1), left, max(right, left + 1))
