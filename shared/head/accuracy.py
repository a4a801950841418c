"""How far a length between two places of a face may be off: what its own places and the face's size are known to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SizeSource = Literal["given", "irises", "assumed"]  # what the size of a face is known from


@dataclass(frozen=True)
class Accuracy:
    """Standard deviations: a length L is off by hypot(places_mm, size * L); the viewer's marks.js works it out.

    places_mm: of both ends together. Of the lengths between two places on the faces of the rendered heads h0 to h7, as
        large as they truly are, two of three lie within 1.1 mm; and each end that is clicked may be 0.7 mm beside.
    size: of the face as a whole, as a share.
    """

    places_mm: float
    size: float


SIZE_ERROR: Mapping[SizeSource, float] = {"given": 0.01, "irises": 0.04, "assumed": 0.057}
"""How far the size of a face is off, as a share, by where it is from: the user, who may be half a mm off; irises (3.6 %
on the rendered heads h0 to h7); the mean of adults, who vary by 3.6 in 63 mm (Dodgson, 2004)."""
ACCURACY: Mapping[SizeSource, Accuracy] = {source: Accuracy(1.5, error) for source, error in SIZE_ERROR.items()}
