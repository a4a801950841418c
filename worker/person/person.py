"""The pixels of one person: how far each belongs to them, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.cloud.classes import PointClass
from shared.cloud.quarters import turned


@dataclass(frozen=True)
class Person:
    """One person on a pixel grid.

    alpha: (H, W) float32, 0 to 1: the share of each pixel that the person covers; between them at hair and outlines.
    classes: (H, W) uint8, the `PointClass` of each pixel; BACKGROUND where alpha is below one half, never elsewhere.
    outline_found: False where the networks saw no believable outline: then the person is the face alone.
    """

    alpha: np.ndarray
    classes: np.ndarray
    outline_found: bool

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool, True where the person covers at least half of a pixel."""
        return self.alpha >= 0.5

    def turned(self, quarters: int) -> Person:
        """The same person in the picture turned clockwise by so many quarter turns."""
        return replace(self, alpha=turned(self.alpha, quarters), classes=turned(self.classes, quarters))

    @staticmethod
    def of_mask(mask: np.ndarray, *, outline_found: bool = True) -> Person:
        """A person with a hard outline, (H, W) bool, and of no known class."""
        classes = np.where(mask, np.uint8(PointClass.OTHER), np.uint8(PointClass.BACKGROUND))
        return Person(mask.astype(np.float32), classes, outline_found)
