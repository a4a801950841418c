"""A disparity map that somebody brought along with a photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_LEVELS = 1024
"""A map with more different values than this has no steps that matter: they drown in its noise."""
SAMPLES = 200_000
"""Pixels that are looked at for the step."""


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


def step_of(values: np.ndarray) -> float:
    """The step between the levels of a map (h, w); 0 where it has more than MOST_LEVELS of them."""
    known = values[np.isfinite(values)]
    levels = np.unique(known[:: max(1, known.size // SAMPLES)])
    return float(np.diff(levels).min()) if 2 <= levels.size <= MOST_LEVELS else 0.0
