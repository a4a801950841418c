"""Memory that this process has freed: kept for its next job, given back to the system once it is idle.

By itself the C library gives large arrays back as soon as they are freed. To get them anew for the next step, page by
page, was a tenth of the CPU time of a photo's depth.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

IDLE_S = 2.0  # so that a queue of jobs runs without
KEPT_BYTES = 2**30
# Options of mallopt, from glibc's malloc.h.
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
OPTIONS = {
    M_MMAP_THRESHOLD: KEPT_BYTES,
    M_TRIM_THRESHOLD: KEPT_BYTES,
    M_ARENA_MAX: 1,  # what one thread frees another one uses
}


def keep_freed_memory() -> None:
    """Keep what is freed from now on; changes nothing where the C library is not glibc."""
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for option, value in OPTIONS.items():
            mallopt(option, value)


def give_memory_back() -> None:
    """Give all that is freed back to the system; does nothing where the C library is not glibc."""
    if malloc_trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        malloc_trim(0)


class IdleMemory:
    """Gives memory back once it has not been in use for `idle_s`."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._timer: threading.Timer | None = None

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Put it off as long as the block runs."""
        if self._timer:
            self._timer.cancel()
        try:
            yield
        finally:
            self._timer = threading.Timer(self._idle_s, give_memory_back)
            self._timer.daemon = True
            self._timer.start()
