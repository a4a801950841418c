"""What a pixel or a point shows: the classes of a person, and their colours in pictures."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np


class PointClass(IntEnum):
    """The class of a pixel or a point; a byte in files."""

    BACKGROUND = 0
    HAIR = 1
    SKIN = 2
    CLOTHES = 3
    OTHER = 4  # hats, glasses, jewellery, what is worn or held; and a person of whom no more is known

    @property
    def word(self) -> str:
        """What a person reads."""
        return self.name.lower()


COLOURS: Mapping[PointClass, tuple[int, int, int]] = {
    PointClass.BACKGROUND: (0x44, 0x44, 0x44),
    PointClass.HAIR: (0x56, 0x68, 0xA8),
    PointClass.SKIN: (0xF4, 0xE9, 0xDE),
    PointClass.CLOTHES: (0x7A, 0x9A, 0x98),
    PointClass.OTHER: (0xDF, 0xAE, 0x52),
}
"""sRGB, muted. Lightness (CIE L*) goes in steps of 12 or more, so that each two differ to any eye, and in print; to
eyes that miss red or green each two lie 30 or more apart in CIE Lab (Machado, Oliveira & Fernandes, IEEE TVCG 2009)."""


def colours_of(classes: np.ndarray) -> np.ndarray:
    """The colours of classes (...) uint8: (..., 3) uint8."""
    return np.array([COLOURS[each] for each in PointClass], np.uint8)[classes]
