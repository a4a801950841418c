"""Simulated time: what is to happen, in its order, and servers that work on one thing at a time each."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

Act = Callable[..., None]


class Clock:
    """Runs acts at their times. A heap, since a day of photos has millions of them."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._due: list[tuple[float, int, Act, tuple[Any, ...]]] = []
        self._numbers = count()  # of two acts at one time the one that was asked for first goes first

    def after(self, delay_s: float, act: Act, *args: Any) -> None:
        """Have an act done `delay_s` from now."""
        heapq.heappush(self._due, (self.now_s + delay_s, next(self._numbers), act, args))

    def every(self, period_s: float, act: Act) -> None:
        """Have an act done again and again, the first time one period from now."""
        self.after(period_s, self._again, period_s, act)

    def run(self, until_s: float) -> None:
        """Do all that is due by then, and let time pass until then."""
        due = self._due
        while due and due[0][0] <= until_s:
            self.now_s, _, act, args = heapq.heappop(due)
            act(*args)
        self.now_s = until_s

    def _again(self, period_s: float, act: Act) -> None:
        act()
        self.after(period_s, self._again, period_s, act)


class Servers:
    """Equal servers with one line before them, first come first served: a front's processes, or Redis's one thread."""

    def __init__(self, clock: Clock, count: int = 1) -> None:
        self._clock, self._free_s = clock, [0.0] * count
        self.busy_s = 0.0

    def wait_s(self, work_s: float) -> float:
        """Take work that comes now; seconds from now until it is done."""
        now_s = self._clock.now_s
        done_s = max(now_s, self._free_s[0]) + work_s
        heapq.heapreplace(self._free_s, done_s)
        self.busy_s += work_s
        return done_s - now_s
