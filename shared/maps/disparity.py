"""A disparity map that somebody brought along with a photo."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.cloud.quarters import turned

LEAST_EQUAL = 0.2
"""Part of neighbouring pixels that have the same value in a map of few levels; in a network's own output few have."""


@dataclass(frozen=True)
class Disparity:
    """Relative inverse depth of a whole photo, larger is nearer, of unknown scale and shift, at any size.

    values: (h, w) float32; NaN where unknown.
    step: between neighbouring levels of what the map was stored with, such as 1 for 8 bits; 0 where it has none.
    """

    values: np.ndarray
    step: float = 0.0

    @classmethod
    def of(cls, values: np.ndarray) -> Disparity:
        """A disparity map from (h, w) values of any real type, its step found from them."""
        return cls(values.astype(np.float32), step_of(values))

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.values.shape[1], self.values.shape[0]

    def turned(self, quarters: int) -> Disparity:
        """The map of the photo turned clockwise by so many quarter turns."""
        return replace(self, values=turned(self.values, quarters))


def step_of(values: np.ndarray) -> float:
    """The step between the levels of a map (h, w), also where another map hides them; 0 where it has none.

    It is the median of the differences between neighbours, those that are equal left out.
    """
    rows = values.astype(np.float32)
    steps = np.abs(np.concatenate([np.diff(rows, axis=0).ravel(), np.diff(rows, axis=1).ravel()]))
    steps = steps[np.isfinite(steps)]
    real = steps[steps > 0]
    equal = 1 - real.size / max(steps.size, 1)
    return float(np.median(real)) if real.size and equal >= LEAST_EQUAL else 0.0
