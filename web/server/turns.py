"""Who is next where few can be served at once: whoever took least of it lately."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

QUICK_S = 2.0  # who took less of the work lately may have the slots that are kept
HALF_LIFE_S = 60.0  # after which what was taken counts half
MOST_NAMES = 10_000


@dataclass(frozen=True)
class Bounds:
    """How many requests of one kind of work are served and wait at once.

    at_once: slots.
    kept: of these, slots that only clients get which took less than QUICK_S of this work lately.
    waiting: of all clients; None where nothing but the number of connections bounds them.
    """

    at_once: int
    kept: int = 0
    waiting: int | None = None

    @property
    def for_one(self) -> int:
        """Slots that one client may have, and those that are open to everybody."""
        return max(1, self.at_once - self.kept)


@dataclass(eq=False)
class Asker:
    """A request that waits or is served: its client, and which visitor it says it is of, of those at that address."""

    client: str
    visitor: str
    began_s: float = 0.0


class Line:
    """Requests for one kind of work, whose clients, and within them visitors, take turns by the time they took lately.

    No client has all slots where some are kept, and none may wait in more places than it leaves free.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._waiting: dict[str, dict[str, deque[Asker]]] = {}  # by client and visitor
        self._running = Counter[str]()  # by client
        self._taken = Taken()

    def __len__(self) -> int:
        return sum(map(self._waiting_of, self._waiting))

    def has_place(self, client: str) -> bool:
        """True where one more request of the client may wait."""
        return self._bounds.waiting is None or self._waiting_of(client) < self._bounds.waiting - len(self)

    def append(self, asker: Asker) -> None:
        """Have it wait."""
        self._waiting.setdefault(asker.client, {}).setdefault(asker.visitor, deque()).append(asker)

    def next(self, now_s: float) -> Asker | None:
        """Who may be served now; it waits on."""
        if not self._waiting:
            return None
        clients = [client for client in self._waiting if self._may_have_slot(client, now_s)]
        if not clients:
            return None
        client = min(clients, key=lambda each: self._taken.of(each, now_s))
        visitors = self._waiting[client]
        return visitors[min(visitors, key=lambda each: self._taken.of(f"{client} {each}", now_s))][0]

    def begin(self, asker: Asker, now_s: float) -> None:
        """Serve it."""
        visitors = self._waiting[asker.client]
        visitors[asker.visitor].remove(asker)
        if not visitors[asker.visitor]:
            del visitors[asker.visitor]
        if not visitors:
            del self._waiting[asker.client]
        self._running[asker.client] += 1
        asker.began_s = now_s

    def end(self, asker: Asker, now_s: float) -> None:
        """It is served no more."""
        self._running[asker.client] -= 1
        self._running += Counter()  # forgets who has none
        for name in (asker.client, f"{asker.client} {asker.visitor}"):
            self._taken.add(name, now_s - asker.began_s, now_s)

    def _waiting_of(self, client: str) -> int:
        return sum(map(len, self._waiting.get(client, {}).values()))

    def _may_have_slot(self, client: str, now_s: float) -> bool:
        running, for_one = self._running.total(), self._bounds.for_one
        if running >= self._bounds.at_once or self._running[client] >= for_one:
            return False
        return running < for_one or self._taken.of(client, now_s) < QUICK_S


class Taken:
    """Seconds that were taken by name, which fade with time."""

    def __init__(self) -> None:
        self._seconds: dict[str, tuple[float, float]] = {}  # seconds, and when they were right

    def __len__(self) -> int:
        return len(self._seconds)

    def of(self, name: str, now_s: float) -> float:
        """What is left of them."""
        seconds, at_s = self._seconds.get(name, (0.0, now_s))
        return seconds * 0.5 ** ((now_s - at_s) / HALF_LIFE_S)

    def add(self, name: str, seconds: float, now_s: float) -> None:
        """Count more; where there are too many names, those that took least are forgotten."""
        self._seconds[name] = (self.of(name, now_s) + seconds, now_s)
        if len(self._seconds) > MOST_NAMES:
            least = sorted(self._seconds, key=lambda each: self.of(each, now_s))
            for each in least[: MOST_NAMES // 2]:
                del self._seconds[each]
