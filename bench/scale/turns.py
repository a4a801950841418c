"""Whose photo is next, as shared/jobs/lua/claims/claim.lua has it."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count

from shared.jobs.record import Stage


@dataclass(slots=True, eq=False)
class Photo:
    """A photo on its way; times in simulated seconds, inf for what did not happen.

    place: its position in the queue; attempt: runs of its present stage that began.
    """

    owner: int
    group: int
    sent_s: float
    steps: tuple[Stage, ...] = tuple(Stage)
    stage: Stage = Stage.DEPTH
    place: int = 0
    attempt: int = 0
    taken_s: float = float("inf")
    points_s: float = float("inf")
    ended_s: float = float("inf")

    @property
    def following(self) -> Stage | None:
        """The stage after the present one, if there is one."""
        index = self.steps.index(self.stage) + 1
        return self.steps[index] if index < len(self.steps) else None


@dataclass
class Turns:
    """The photos that wait for a stage: groups take turns, in each its owners do; each owner's go by their place."""

    waiting: int = 0
    _groups: OrderedDict[int, OrderedDict[int, list[tuple[int, int, Photo]]]] = field(default_factory=OrderedDict)
    _numbers: count[int] = field(default_factory=count)

    def add(self, photo: Photo) -> None:
        """Add a photo at its place among its owner's; a new owner has the last turn of all."""
        owned = self._groups.setdefault(photo.group, OrderedDict()).setdefault(photo.owner, [])
        heapq.heappush(owned, (photo.place, next(self._numbers), photo))
        self.waiting += 1

    def claim(self, limit: int, *, take_retried: bool = True) -> list[Photo]:
        """Take up to `limit` photos; one that is retried comes alone, or holds up the rest."""
        claimed: list[Photo] = []
        while self._groups and len(claimed) < limit:
            photo = self._first()
            if photo.attempt and (claimed or not take_retried):
                break
            self._take(photo)
            claimed.append(photo)
            photo.attempt += 1
            if photo.attempt > 1:
                break
        return claimed

    def _first(self) -> Photo:
        owners = next(iter(self._groups.values()))
        return next(iter(owners.values()))[0][2]

    def _take(self, photo: Photo) -> None:
        """Take the first photo; its owner and group have the last turn then, if they have more."""
        owners = self._groups[photo.group]
        heapq.heappop(owners[photo.owner])
        owners.move_to_end(photo.owner)
        if not owners[photo.owner]:
            del owners[photo.owner]
        self._groups.move_to_end(photo.group)
        if not owners:
            del self._groups[photo.group]
        self.waiting -= 1
