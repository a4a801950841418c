"""Which way up a person is: photos lie on their side or upside down, and so do the people in them.

Down is the body's. A head that leans says little: over an upright trunk it may lean by 40 degrees, and so may a photo.
Where the head alone leaves a doubt, the trunk is looked for round it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from worker.person.crops import Square, crop
from worker.person.face import Face
from worker.person.networks.segmentation import SIZE_PX, Part, SegmentationNetwork


@dataclass(frozen=True)
class UprightSettings:
    """When the trunk is looked for, and where; lengths in sides of the face. Set by hand, no data is recorded."""

    clear_deg: float = 25.0  # a head so near to a whole quarter turn leaves no doubt
    seen: float = 5.0  # side of the square that is looked at, the face in its middle
    reach: float = 2.4  # so far from the face's middle the trunk counts
    least_trunk: float = 0.25  # of the face's squared side: less is none


UPRIGHT = UprightSettings()


def quarters_to_upright(pixels: np.ndarray, face: Face, network: SegmentationNetwork) -> int:
    """Quarter turns clockwise, 0 to 3, that set the person of a face in a photo (H, W, 3) uint8 upright."""
    lean_deg = face.lean_deg
    if abs(lean_deg - 90 * round(lean_deg / 90)) > UPRIGHT.clear_deg:
        lean_deg += trunk_lean_deg(pixels, face, network)
    return -round(lean_deg / 90) % 4


def trunk_lean_deg(pixels: np.ndarray, face: Face, network: SegmentationNetwork) -> float:
    """How far a trunk leans clockwise next to its head, in degrees; 0 where none is seen."""
    u, v = face.middle.tolist()
    square = Square(u, v, UPRIGHT.seen * face.side, math.radians(face.lean_deg))
    shares = network.shares(crop(pixels, square, SIZE_PX))
    trunk = shares[Part.CLOTHES] + shares[Part.BODY_SKIN]
    side_px = SIZE_PX / UPRIGHT.seen
    down, right = np.mgrid[:SIZE_PX, :SIZE_PX] - (SIZE_PX - 1) / 2
    trunk = np.where(np.hypot(right, down) < UPRIGHT.reach * side_px, trunk, 0)
    if trunk.sum() < UPRIGHT.least_trunk * side_px**2:
        return 0.0
    return math.degrees(math.atan2(-(trunk * right).sum(), (trunk * down).sum()))
