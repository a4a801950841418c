"""Few photos are decoded at once: each may take half a gigabyte and a processor core."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import BusyError

AT_ONCE = 2
PATIENCE_S = 8.0


class Decoding:
    """The turns that requests of this process take to decode and encode photos."""

    def __init__(self, at_once: int = AT_ONCE, patience_s: float = PATIENCE_S) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._patience_s = patience_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hold it as long as the block runs.

        Raises:
            BusyError: none came in time.
        """
        if not self._turns.acquire(timeout=self._patience_s):
            raise BusyError("too many photos are being read just now; try again in a minute")
        try:
            yield
        finally:
            self._turns.release()
