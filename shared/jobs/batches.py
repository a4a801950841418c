"""How many photos share a batch of the depth stage."""

from __future__ import annotations

LONGEST_BATCH_S = 0.5
"""A batch lasts no longer than that, so that whoever comes meanwhile is soon next, and each result is soon there. Where
one photo takes longer, as on a CPU, it goes alone: nothing is gained by a batch there."""


def batch_size(photo_s: float | None, most: int) -> int:
    """Photos of a batch, 1 to `most`, where each takes `photo_s` seconds; 1 while that is not known."""
    if photo_s is None:
        return 1
    return max(1, min(most, int(LONGEST_BATCH_S / max(photo_s, LONGEST_BATCH_S / most))))
