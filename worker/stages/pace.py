"""How quick the depth stage is in this process, on its device."""

from __future__ import annotations

from shared.jobs.batches import batch_size


class Pace:
    """Measures batches, and says how many photos the next one may have."""

    def __init__(self) -> None:
        self._photo_s: float | None = None

    def measured(self, photo_s: float) -> None:
        """Remember seconds a photo, of a batch: half of what is known is from the latest."""
        self._photo_s = photo_s if self._photo_s is None else (self._photo_s + photo_s) / 2

    def batch(self, most: int) -> int:
        """Photos of the next batch, 1 to `most`; the first is of one."""
        return batch_size(self._photo_s, most)
