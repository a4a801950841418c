"""When photos are sent, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import cos, pi
from random import Random
from typing import Protocol

from bench.scale.clock import Clock
from bench.scale.turns import Photo

DAY_S = 86_400.0
Rate = Callable[[float], float]
"""Visits a second at a time in seconds."""


class Receiver(Protocol):
    """What takes photos: a service, or a list of what was sent."""

    clock: Clock

    def send(self, photo: Photo) -> None:
        """Take a photo now."""


def steady(per_s: float) -> Rate:
    """The same all day."""
    return lambda _: per_s


def daily(mean_per_s: float, swing: float, period_s: float = DAY_S) -> Rate:
    """A cosine over the day: least at its begin, most at its middle, `mean x (1 - swing)` to `mean x (1 + swing)`."""
    return lambda time_s: mean_per_s * (1 - swing * cos(2 * pi * time_s / period_s))


@dataclass(frozen=True)
class Visits:
    """Visitors who come by chance (Poisson), each an owner with 1, 2, ... photos at once, in the shares given.

    most_per_s: what the rate never passes. per_group: visitors who share an address.
    """

    rate: Rate
    most_per_s: float
    shares: tuple[tuple[int, float], ...] = ((1, 0.8), (3, 0.15), (10, 0.05))
    per_group: int = 1

    @property
    def photos_each(self) -> float:
        """Photos of a visitor, in the mean."""
        return sum(photos * share for photos, share in self.shares)

    def start(self, service: Receiver, chance: Random) -> None:
        """Have them come to a service."""
        numbers = count()
        photos, shares = zip(*self.shares, strict=True)

        def come() -> None:
            if chance.random() * self.most_per_s < self.rate(service.clock.now_s):  # thinning (Lewis and Shedler, 1979)
                owner = next(numbers)
                for _ in range(chance.choices(photos, shares)[0]):
                    service.send(Photo(owner, owner // self.per_group, service.clock.now_s))
            wait()

        def wait() -> None:
            service.clock.after(chance.expovariate(self.most_per_s), come)

        wait()


def burst(service: Receiver, at_s: float, photos: int, *, owners: int, first_owner: int = 10**9) -> None:
    """Have so many photos come at one moment, from so many owners of an address each."""

    def come() -> None:
        for number in range(photos):
            owner = first_owner + number % owners
            service.send(Photo(owner, owner, service.clock.now_s))

    service.clock.after(at_s, come)
