"""The tables of bench/README.md's "The way up"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bench.scale.arrivals import DAY_S, Rate, Visits, burst, daily, steady
from bench.scale.calibration import quantile
from bench.scale.clock import Clock
from bench.scale.limits import limits, parts
from bench.scale.measure import Measured
from bench.scale.plant import Kind, Plant
from bench.scale.prices import Prices, cores
from bench.scale.scaling import Rule, Scaler, Starting
from bench.scale.service import Service
from bench.scale.site import Site
from bench.scale.turns import Photo

GPUS = (1, 10, 100, 1000)
LOADS = (0.5, 0.8, 0.95)
PHOTOS = 20_000  # of a trial
LONGEST_TRIAL_S = 4 * 3600.0
WARM_UP = 0.2  # of a trial's photos, which are not counted
PACKED = 16  # depth workers that share a GPU
DAYS_PHOTOS = (10_000, 100_000, 1_000_000, 10_000_000)
SWING = 0.8  # the day's most is 1.8 times its mean, its least 0.2 times
BURST = 1000
LOST_PER_H = 0.05  # of the workers, as with spot machines


def number(value: float) -> str:
    """Two or three digits, as a person writes it."""
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.2g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print it in Markdown."""
    for cells in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(cells)} |")
    print()


@dataclass(frozen=True)
class Waits:
    """Seconds from photo to points and to the end of all that were counted."""

    points_s: list[float]
    ended_s: list[float]

    @classmethod
    def of(cls, photos: Sequence[Photo]) -> Waits:
        """Of those that ended."""
        ended = [photo for photo in photos if photo.ended_s < float("inf")]
        return cls(
            [photo.points_s - photo.sent_s for photo in ended], [photo.ended_s - photo.sent_s for photo in ended]
        )

    @property
    def cells(self) -> list[str]:
        """p50, p95 and p99 of both."""
        return [
            ", ".join(f"{quantile(seconds, part):.1f}" for part in (0.5, 0.95, 0.99))
            for seconds in (self.points_s, self.ended_s)
        ]


WAITS_HEAD = ("to the points, s: p50, p95, p99", "to all results, s: p50, p95, p99")


def visits(rate: Rate, most_per_s: float) -> Visits:
    """Photos at this rate, by visitors with one or several."""
    each = Visits(rate, most_per_s).photos_each
    return Visits(lambda time_s: rate(time_s) / each, most_per_s / each)


def steadily(plant: Plant, per_s: float) -> Waits:
    """Waits at a steady rate."""
    until_s = min(PHOTOS / per_s, LONGEST_TRIAL_S)
    service = Service(Clock(), plant, Random(1))
    visits(steady(per_s), per_s).start(service, Random(2))
    service.clock.run(until_s)
    return Waits.of([photo for photo in service.photos if photo.sent_s > WARM_UP * until_s])


def sites(measured: Measured) -> None:
    """What sites can do and need."""
    prices, rows = Prices(), []
    kinds: tuple[tuple[str, dict[str, int | bool]], ...] = (
        ("one depth worker a GPU", {}),
        (f"{PACKED} depth workers a GPU", {"per_gpu": PACKED}),
        ("one a GPU, no face in any photo", {"faces": False}),
    )
    for name, more in kinds:
        for gpus in GPUS:
            site = Site(measured, gpus, **more)
            rows.append([name, *_cells(site, prices), f"{parts(site)}", f"{site.gpu_busy:.0%}"])
    for workers in (1, 10, 100, 1000):
        rows.append(
            [
                "CPU alone, `portrait`",
                *_cells(Site(measured, 0, workers=workers), prices),
                f"{parts(Site(measured, 0, workers=workers))}",
                "",
            ]
        )
    table(
        (
            "",
            "GPUs",
            "depth workers",
            "photos/s",
            "model workers",
            "cores in all",
            "$ for 1,000 photos",
            "parts",
            "GPU busy",
        ),
        rows,
    )


def _cells(site: Site, prices: Prices) -> list[str]:
    dollars = prices.of_machines(site) + prices.of_storage(site)
    numbers = (site.gpus, site.depth_workers, site.per_s, site.model_workers, cores(site))
    return [*map(number, numbers), f"{dollars:.2f}"]


def waits(measured: Measured) -> None:
    """What photos wait at shares of what a site can do."""
    rows = []
    for gpus in GPUS:
        apart = parts(Site(measured, gpus))
        site = Site(measured, gpus // apart)
        name = f"{gpus:,}" + f" in {apart} parts" * (apart > 1)
        for load in LOADS:
            rows.append([name, f"{load:.0%}", *steadily(site.plant(), load * site.per_s).cells])
    site = Site(measured, 100)
    lost = site.plant(deaths_per_s=LOST_PER_H / 3600)
    rows.append(["100, 5 % of the workers lost an hour", "80%", *steadily(lost, 0.8 * site.per_s).cells])
    table(("GPUs", "load", *WAITS_HEAD), rows)


RULES = (
    ("waiting work alone, 10 s a pod", Rule(10.0, busy_share=None)),
    ("waiting work alone, 30 s a pod", Rule(30.0, busy_share=None)),
    ("the chart's rule", Rule()),
)


def day(measured: Measured, mean_per_s: float) -> None:
    """A day with its peak: as many workers as the peak takes all day, or pods by a rule."""
    site = Site(measured, 0, workers=1)
    peak_per_s = (1 + SWING) * mean_per_s
    rows = []
    for name, rule in (("fixed, for the peak at 90 %", None), *RULES):
        needs = {Kind.DEPTH: site.face_s, Kind.MODEL: site.model_s}
        most = {kind: max(1, round(peak_per_s * work_s / 0.9)) for kind, work_s in needs.items()}
        least = {kind: max(1, round((1 - SWING) * mean_per_s * work_s / 0.8)) for kind, work_s in needs.items()}
        first = least if rule else most
        plant = Plant(site.times, first[Kind.DEPTH], first[Kind.MODEL], front_cores=8)
        service = Service(Clock(), plant, Random(1))
        scalers = [Scaler(service, kind, rule, Starting(per_node=8), Random(3)) for kind in Kind] if rule else []
        visits(daily(mean_per_s, SWING), peak_per_s).start(service, Random(2))
        service.clock.run(DAY_S)
        needed_h = sum(service.work_s.values()) / 3600
        pods_h = sum(each.pod_s for each in scalers) / 3600 or sum(most.values()) * DAY_S / 3600
        starts = sum(each.starts for each in scalers)
        cells = Waits.of(service.photos).cells
        rows.append([name, *cells, f"{pods_h:,.0f}", f"{pods_h / needed_h:.2f}", f"{starts:,}"])
    table((f"mean {mean_per_s:g} photos/s", *WAITS_HEAD, "pod hours", "of those needed", "pods started"), rows)


def bursts(measured: Measured) -> None:
    """A thousand photos at once on top of a steady load: how long they and others take."""
    site, rows = Site(measured, 0, workers=1), []
    per_s = 2.0
    for name, rule in (("fixed at 80 %", None), *RULES):
        depth, model = (round(per_s * work_s / 0.8) for work_s in (site.face_s, site.model_s))
        service = Service(Clock(), Plant(site.times, depth, model, front_cores=8), Random(1))
        scalers = [Scaler(service, kind, rule, Starting(per_node=8), Random(3)) for kind in Kind] if rule else []
        visits(steady(per_s), per_s).start(service, Random(2))
        burst(service, 1800, BURST, owners=20)
        service.clock.run(3 * 3600)
        theirs = [photo for photo in service.photos if photo.owner >= 10**9]
        others = [photo for photo in service.photos if photo.owner < 10**9 and 1800 < photo.sent_s < 3600]
        last = [max(getattr(photo, when) for photo in theirs) - 1800 for when in ("points_s", "ended_s")]
        pods_h = sum(each.pod_s for each in scalers) / 3600 or 3 * (depth + model)
        rows.append([name, *(f"{each:.0f}" for each in last), Waits.of(others).cells[1], f"{pods_h:.0f}"])
    head = (
        "",
        "all have points, s",
        "all are whole, s",
        "others, to all results, s: p50, p95, p99",
        "pod hours of 3 h",
    )
    table(head, rows)


def breaks(measured: Measured) -> None:
    """How many times what is asked of it each shared part can do; below 1 it breaks. The worst comes first."""
    for per_gpu in (1, PACKED):
        built = [Site(measured, gpus, per_gpu=per_gpu) for gpus in GPUS]
        names = [limit.name for limit in limits(built[-1])]
        margins = [{limit.name: limit.margin for limit in limits(site)} for site in built]
        rows = [[name, *(number(each[name]) for each in margins)] for name in names]
        table((f"GPUs, depth workers on each: {per_gpu}", *(f"{site.gpus:,}" for site in built)), rows)


def purchases(measured: Measured) -> None:
    """What to buy for photos a day, with room for the day's peak."""
    prices, rows = Prices(), []
    for photos in DAYS_PHOTOS:
        peak_per_s = (1 + SWING) * photos / DAY_S
        cpu = Site(measured, 0, workers=1)
        cpu = replace(cpu, workers=max(1, round(peak_per_s / cpu.per_s / 0.9 + 0.5)))
        gpu = Site(measured, 1, per_gpu=PACKED)
        gpu = replace(gpu, gpus=max(1, round(peak_per_s / gpu.per_s / 0.9 + 0.5)))
        row = [f"{photos:,}", number(peak_per_s)]
        for site in (cpu, gpu):
            used = photos / DAY_S / site.per_s
            dollars = prices.of_machines(site) / used + prices.of_storage(site)
            row += [f"{site.gpus} x GPU, " * bool(site.gpus) + f"{cores(site):,} cores", f"{dollars:.2f}"]
        rows.append(row)
    table(
        ("photos a day", "peak, photos/s", "CPU alone", "$ for 1,000", f"GPUs, {PACKED} workers each", "$ for 1,000"),
        rows,
    )


def main() -> None:
    """Print all tables; two minutes."""
    measured = Measured.read()
    for heading, show in (
        ("What a site does", sites),
        ("Waits", waits),
        ("What breaks first", breaks),
        ("A burst", bursts),
        ("A day", lambda known: (day(known, 1.0), day(known, 3.0))),
        ("What to buy", purchases),
    ):
        print(f"### {heading}\n")
        show(measured)
