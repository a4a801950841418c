"""How many photos are decoded at once: each may take half a gigabyte and a processor core."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import BusyError

AT_ONCE = 2
LONGEST_WAIT_S = 8.0


class Decoding:
    """Limits how many requests of this process decode and encode photos at the same time."""

    def __init__(self, at_once: int = AT_ONCE, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._longest_wait_s = longest_wait_s

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a slot, and hold it as long as the block runs.

        Raises:
            BusyError: none became free in time.
        """
        if not self._slots.acquire(timeout=self._longest_wait_s):
            raise BusyError("too many photos are being read just now; try again in a minute")
        try:
            yield
        finally:
            self._slots.release()
