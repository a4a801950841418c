"""Sums of Redis as Prometheus needs them: they do not fall when a failover forgets the latest steps."""

from __future__ import annotations

import threading
from collections.abc import Mapping

BEGUN_ANEW = 0.5  # of what was told before; a failover forgets the steps of a second, an emptied Redis all


class Rising:
    """Remembers what this process has told of each sum.

    Prometheus takes a sum that falls for one that began anew, and counts all of it once more: two jobs that a failover
    forgets, of a million, would be told as a million new ones.
    """

    def __init__(self) -> None:
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def of(self, sums: Mapping[str, float]) -> dict[str, float]:
        """The sums, each at least what was told of it before, unless it is so much less that it began anew."""
        with self._lock:
            self._told = {name: _risen(self._told.get(name, 0.0), value) for name, value in sums.items()}
            return dict(self._told)


def _risen(told: float, value: float) -> float:
    return value if value < BEGUN_ANEW * told else max(told, value)
