"""What a pixel or a point shows: the classes of a person, and their colours in pictures."""

from __future__ import annotations

from enum import IntEnum


class PointClass(IntEnum):
    """The class of a pixel or a point; a byte in files."""

    BACKGROUND = 0
    HAIR = 1
    SKIN = 2
    CLOTHES = 3
    OTHER = 4  # hats, glasses, jewellery, what is worn or held
