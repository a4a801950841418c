"""A silhouette as a body: without neighbours and things that touch the head, and going on where something cuts it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from worker.depth.portrait.anatomy import REACH, TRUNK, SkullFrame, mix, smoothstep


@dataclass(frozen=True)
class PlainHeadSettings:
    """The head that is cut out where a silhouette is too wide for one. Set by hand, no data is recorded."""

    half_width_mm: float = 95.0
    top_mm: float = 125.0  # height of its round top ...
    round_from_mm: float = 30.0  # ... which begins so far above the middle of the skull
    slope_mm: tuple[float, float] = (60.0, 200.0)  # below the middle of the skull: where its shoulders slope down
    touch_mm: float = 25.0  # a silhouette that comes so near to the widest head allowed holds something else


PLAIN_HEAD = PlainHeadSettings()


def without_neighbours(person: np.ndarray, frame: SkullFrame, pixel_mm: float) -> np.ndarray:
    """The silhouette, a plain head cut out of it on either side where it is too wide for a head.

    Args:
        person: (H, W) bool.
        frame: of that grid.
        pixel_mm: size of a pixel at the eyes.
    Returns:
        (H, W) bool.
    """
    allowed = _plain_half_width(frame)
    at_head = person & (frame.down < REACH.widens_mm[0])
    kept = person.copy()
    for side in (frame.right, -frame.right):
        touching = at_head & (side > REACH.head_half_width_mm - PLAIN_HEAD.touch_mm) & (side < REACH.head_half_width_mm)
        above = ndimage.binary_dilation(touching.any(1), iterations=max(1, round(PLAIN_HEAD.touch_mm / pixel_mm)))
        rows = np.logical_or.accumulate(above)
        kept &= ~(rows[:, None] & (side > allowed))
    return kept


def continued_down(person: np.ndarray, frame: SkullFrame) -> np.ndarray:
    """The silhouette, its trunk going on to the picture's lower border: where a body ends below, something cuts it."""
    trunk = person & (frame.down > TRUNK.neck_mm[1])
    return person | np.logical_or.accumulate(trunk, axis=0)


def _plain_half_width(frame: SkullFrame) -> np.ndarray:
    """(H, W) mm, half of the width of a plain head, and further down of shoulders, at each pixel's height."""
    rise = np.maximum(-frame.down - PLAIN_HEAD.round_from_mm, 0) / PLAIN_HEAD.top_mm
    head = PLAIN_HEAD.half_width_mm * np.sqrt(np.maximum(1 - rise**2, 0))
    return mix(head, REACH.bust_half_width_mm, smoothstep(frame.down, *PLAIN_HEAD.slope_mm))
