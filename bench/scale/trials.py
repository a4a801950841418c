"""What photos wait for in a simulated service, and tables of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from bench.scale.arrivals import Rate, Visits, steady
from bench.scale.clock import Clock
from bench.scale.plant import Plant
from bench.scale.service import Service
from bench.scale.turns import Photo

PHOTOS = 20_000  # of a trial
LONGEST_S = 4 * 3600.0
WARM_UP = 0.2  # of a trial, whose photos are not counted
DRAINED_BY_S = 60.0
WAITS_HEAD = ("to the points, s: p50, p95, p99", "to all results, s: p50, p95, p99")


@dataclass(frozen=True)
class Waits:
    """Seconds from photo to points and to all results."""

    points_s: list[float]
    ended_s: list[float]

    @classmethod
    def of(cls, photos: Sequence[Photo]) -> Waits:
        """Of photos that have all ended."""
        points_s = [photo.points_s - photo.sent_s for photo in photos]
        return cls(points_s, [photo.ended_s - photo.sent_s for photo in photos])

    @property
    def cells(self) -> list[str]:
        """p50, p95 and p99 of both, as WAITS_HEAD has them."""
        return [
            ", ".join(f"{quantile(seconds, part):.1f}" for part in (0.5, 0.95, 0.99))
            for seconds in (self.points_s, self.ended_s)
        ]


def quantile(values: Sequence[float], part: float) -> float:
    """The value that `part` of them do not pass; by linear interpolation."""
    ordered = sorted(values)
    at = part * (len(ordered) - 1)
    low = int(at)
    return ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])


def visits(rate: Rate, most_per_s: float) -> Visits:
    """Visitors who bring photos at this rate, in photos a second."""
    each = Visits(rate, most_per_s).photos_each
    return Visits(lambda time_s: rate(time_s) / each, most_per_s / each)


def drain(service: Service, photos: Sequence[Photo]) -> None:
    """Go on until all of these photos have ended."""
    while any(photo.ended_s == float("inf") for photo in photos):
        service.clock.run(service.clock.now_s + DRAINED_BY_S)


def steadily(plant: Plant, per_s: float) -> Waits:
    """Waits at a steady rate."""
    until_s = min(PHOTOS / per_s, LONGEST_S)
    service = Service(Clock(), plant, Random(1))
    visits(steady(per_s), per_s).start(service, Random(2))
    service.clock.run(until_s)
    counted = [photo for photo in service.photos if photo.sent_s > WARM_UP * until_s]
    drain(service, counted)
    return Waits.of(counted)


def number(value: float) -> str:
    """Two or more digits, as a person writes it."""
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.2g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print it in Markdown."""
    for cells in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(cells)} |")
    print()
