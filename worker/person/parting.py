"""People who touch, told apart."""

from __future__ import annotations

import numpy as np

from worker.person.face import Face

UPRIGHT = 0.6
"""How much less a distance counts along a body than across; chosen on photos of three groups of people."""


def nearest_face(people: np.ndarray, pixels: np.ndarray, face: Face, others: list[Face]) -> np.ndarray:
    """(H, W) bool: the pixels that lie nearer to a face than to any other, in sides of each.

    Args:
        people: (H, W) bool, the pixels of people.
        pixels: (H, W, 3) uint8 RGB.
        face: of the one who is looked for.
        others: the other people's.
    """
    v, u = np.ogrid[: people.shape[0], : people.shape[1]]

    def away(one: Face) -> np.ndarray:
        return np.hypot(u - one.middle[0], UPRIGHT * (v - one.middle[1])) / one.side

    own = away(face)
    return np.logical_and.reduce([np.ones(people.shape, bool), *(own <= away(other) for other in others)])
