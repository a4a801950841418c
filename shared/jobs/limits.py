"""How many jobs may wait, and what is said of one too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shared.errors import BusyError, IdempotencyError, LimitError, ReliefError
from shared.settings import Settings


@dataclass(frozen=True)
class Limits:
    """What a job that is to wait must not exceed.

    Beyond owner_waiting, all owners of a client group may have as many waiting as there is room for others.
    """

    all_waiting: int
    owner_waiting: int
    owner_megapixels: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits of users."""
        return cls(
            all_waiting=settings.all_waiting,
            owner_waiting=settings.owner_waiting,
            owner_megapixels=settings.owner_megapixels,
        )


UNLIMITED = Limits(all_waiting=10**9, owner_waiting=10**9, owner_megapixels=10**9)

# By the answers of create.lua and requeue.lua. Each is raised anew: one that is kept would keep, by its traceback, what
# was in hand when it was raised, photo and all.
REFUSALS: dict[bytes, Callable[[], ReliefError]] = {
    b"reused": partial(
        IdempotencyError, "this Idempotency-Key came before with another photo or settings; send a new one"
    ),
    b"all_waiting": partial(BusyError, "too many jobs wait just now; try again in a minute"),
    b"owner_waiting": partial(LimitError, "too many of your jobs wait; try again when some are done"),
    b"group_waiting": partial(
        LimitError, "too many jobs wait that came from your address; try again when some are done"
    ),
    b"owner_megapixels": partial(
        LimitError, "you have as many photos here as you may; delete some, or wait until they expire"
    ),
}
