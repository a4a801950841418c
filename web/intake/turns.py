"""Who is next where few can be served at once: whoever took least of it lately."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.errors import BusyError


@dataclass(frozen=True)
class TurnLimits:
    """How many are served and wait at once.

    at_once: slots.
    quick: of these slots, those that only groups get which took less than quick_s of them lately.
    half_life_s: after which what a group or an owner took counts half.
    owner_waiting, group_waiting, all_waiting: one more is refused at once.
    """

    at_once: int = 3
    quick: int = 1
    quick_s: float = 2.0
    half_life_s: float = 60.0
    owner_waiting: int = 16
    group_waiting: int = 32
    all_waiting: int = 64
    longest_wait_s: float = 10.0


@dataclass(eq=False)
class _Waiting:
    group: str
    owner: str
    called: threading.Event = field(default_factory=threading.Event)  # to be served, or to go
    is_served: bool = False


class Turns:
    """Slots that client groups, and within them owners, take turns at; the first is who took least time lately.

    No group has all slots at once, and one that took much leaves the quick ones to others, so that who comes seldom
    does not wait for those who come often. Where too many wait, the one who would be last has to go.
    """

    def __init__(self, limits: TurnLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []  # in the order in which they came
        self._running = Counter[str]()  # by group
        self._taken = _Taken(limits.half_life_s)

    @contextmanager
    def turn(self, group: str, owner: str) -> Iterator[None]:
        """Wait for a slot, and hold it as long as the block runs.

        Raises:
            BusyError: too many wait, or none became free in time.
        """
        one, began = self._enter(_Waiting(group, owner)), time.monotonic()
        try:
            one.called.wait(self._limits.longest_wait_s)
            if not one.is_served:
                raise BusyError("too many photos are being read just now; try again in a minute")
            began = time.monotonic()
            yield
        finally:
            self._leave(one, began)

    def _enter(self, one: _Waiting) -> _Waiting:
        with self._lock:
            of_group = [other for other in self._waiting if other.group == one.group]
            of_owner = [other for other in of_group if other.owner == one.owner]
            if len(of_group) >= self._limits.group_waiting or len(of_owner) >= self._limits.owner_waiting:
                raise BusyError("too many photos wait to be read just now; try again in a minute")
            self._waiting.append(one)
            if len(self._waiting) > self._limits.all_waiting:
                self._send_away()
            self._serve()
            return one

    def _send_away(self) -> None:
        """Refuse whoever took most lately, or where that is the same, has most waiting and came last."""
        now, waiting = time.monotonic(), Counter(one.group for one in self._waiting)
        last = max(
            reversed(self._waiting),
            key=lambda one: (self._taken.of(one.group, now), waiting[one.group], self._taken.of(one.owner, now)),
        )
        self._waiting.remove(last)
        last.called.set()

    def _leave(self, one: _Waiting, began: float) -> None:
        with self._lock:
            if one in self._waiting:
                self._waiting.remove(one)
            if not one.is_served:
                return
            self._running[one.group] -= 1
            now = time.monotonic()
            for name in {one.group, one.owner}:
                self._taken.add(name, now - began, now)
            self._serve()

    def _serve(self) -> None:
        """Give free slots to those who are next."""
        while allowed := [one for one in self._waiting if self._may_have_slot(one.group)]:
            now = time.monotonic()
            one = min(allowed, key=lambda one: (self._taken.of(one.group, now), self._taken.of(one.owner, now)))
            self._waiting.remove(one)
            self._running[one.group] += 1
            one.is_served = True
            one.called.set()

    def _may_have_slot(self, group: str) -> bool:
        running, usual = self._running.total(), max(1, self._limits.at_once - self._limits.quick)
        if running >= self._limits.at_once or self._running[group] >= usual:
            return False
        return running < usual or self._taken.of(group, time.monotonic()) < self._limits.quick_s


class _Taken:
    """Seconds that were taken by name, which fade with time."""

    MOST_NAMES = 10_000

    def __init__(self, half_life_s: float) -> None:
        self._half_life_s = half_life_s
        self._seconds: dict[str, tuple[float, float]] = {}  # seconds, and when they were right

    def of(self, name: str, now: float) -> float:
        seconds, at = self._seconds.get(name, (0.0, now))
        return seconds * 0.5 ** ((now - at) / self._half_life_s)

    def add(self, name: str, seconds: float, now: float) -> None:
        self._seconds[name] = (self.of(name, now) + seconds, now)
        if len(self._seconds) > self.MOST_NAMES:
            least = sorted(self._seconds, key=lambda each: self.of(each, now))
            for each in least[: self.MOST_NAMES // 2]:
                del self._seconds[each]
