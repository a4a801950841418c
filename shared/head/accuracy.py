"""How far a length between two places of a metric face may be off."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Accuracy:
    """Standard deviations: a length L is off by hypot(place_mm, scale * L), since a face as a whole may be too large.

    place_mm: of both ends together; scale: a share of the length.
    """

    place_mm: float = 1.5
    scale: float = 0.03


ACCURACY = Accuracy()
