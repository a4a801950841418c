"""The tables of bench/README.md's "The way up"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil

from bench.scale.arrivals import DAY_S
from bench.scale.elastic import AT_PEAK, SWING, bursts, day
from bench.scale.limits import limits, parts
from bench.scale.measure import Measured
from bench.scale.prices import Prices, cores
from bench.scale.site import Site
from bench.scale.trials import WAITS_HEAD, number, steadily, table

GPUS = (1, 10, 100, 1000)
LOADS = (0.5, 0.8, 0.95)
PACKED = 16  # depth workers that share a GPU
DAYS_PHOTOS = (10_000, 100_000, 1_000_000, 10_000_000)
DAYS_MEANS_PER_S = (1.0, 3.0)
LOST_PER_H = 0.05  # of the workers, as with spot machines

Sites = tuple[tuple[str, Callable[[int], Site]], ...]


def sites(measured: Measured, prices: Prices) -> None:
    """What sites can do and need."""
    kinds: Sites = (
        ("one depth worker a GPU", lambda gpus: Site(measured, gpus)),
        (f"{PACKED} depth workers a GPU", lambda gpus: Site(measured, gpus, per_gpu=PACKED)),
        ("one a GPU, no face in any photo", lambda gpus: Site(measured, gpus, faces=False)),
        ("CPU alone, `portrait`", lambda workers: Site(measured, 0, workers=workers)),
    )
    rows = [[name, *_cells(built(count), prices)] for name, built in kinds for count in GPUS]
    numbers = ("GPUs", "depth workers", "photos/s", "model workers", "cores in all", "parts")
    table(("", *numbers, "$ for 1,000 photos", "GPU busy"), rows)


def _cells(site: Site, prices: Prices) -> list[str]:
    dollars = prices.of_machines(site) + prices.of_storage(site)
    counts = (site.gpus, site.depth_workers, site.per_s, site.model_workers, cores(site), parts(site))
    return [*map(number, counts), f"{dollars:.2f}", f"{site.gpu_busy:.0%}" if site.gpus else ""]


def waits(measured: Measured) -> None:
    """What photos wait at shares of what a site can do; a site in parts is as its parts are."""
    rows = []
    for gpus in GPUS:
        apart = parts(Site(measured, gpus))
        site, name = Site(measured, gpus // apart), f"{gpus:,}" + f" in {apart} parts" * (apart > 1)
        rows += [[name, f"{load:.0%}", *steadily(site.plant(), load * site.per_s).cells] for load in LOADS]
    site, load = Site(measured, 100), 0.8
    lost = site.plant(deaths_per_s=LOST_PER_H / 3600)
    rows.append(["100, 5 % of the workers lost an hour", f"{load:.0%}", *steadily(lost, load * site.per_s).cells])
    table(("GPUs", "load", *WAITS_HEAD), rows)


def breaks(measured: Measured) -> None:
    """How many times what is asked of it each shared part can do; below 1 it breaks. The worst comes first."""
    for per_gpu in (1, PACKED):
        built = [Site(measured, gpus, per_gpu=per_gpu) for gpus in GPUS]
        names = [limit.name for limit in limits(built[-1])]
        margins = [{limit.name: limit.margin for limit in limits(site)} for site in built]
        rows = [[name, *(number(each[name]) for each in margins)] for name in names]
        table((f"GPUs, depth workers on each: {per_gpu}", *(f"{site.gpus:,}" for site in built)), rows)


def purchases(measured: Measured, prices: Prices) -> None:
    """What to buy for photos a day, with room for the day's peak."""
    rows = []
    for photos in DAYS_PHOTOS:
        peak_per_s = (1 + SWING) * photos / DAY_S
        row = [f"{photos:,}", number(peak_per_s)]
        for site in _large_enough(measured, peak_per_s / AT_PEAK):
            used = photos / DAY_S / site.per_s
            dollars = prices.of_machines(site) / used + prices.of_storage(site)
            row += [f"{site.gpus} x GPU, " * bool(site.gpus) + f"{cores(site):,} cores", f"{dollars:.2f}"]
        rows.append(row)
    head = ("photos a day", "peak, photos/s", "CPU alone", "$ for 1,000", f"GPUs, {PACKED} workers each", "$ for 1,000")
    table(head, rows)


def _large_enough(measured: Measured, per_s: float) -> tuple[Site, Site]:
    """The smallest sites that do so many photos a second: on CPUs, and with GPUs."""
    cpu, gpu = Site(measured, 0, workers=1), Site(measured, 1, per_gpu=PACKED)
    return replace(cpu, workers=ceil(per_s / cpu.per_s)), replace(gpu, gpus=ceil(per_s / gpu.per_s))


def main(prices: Prices | None = None) -> None:
    """Print all tables; two minutes."""
    measured, prices = Measured.read(), prices or Prices()
    shown: tuple[tuple[str, Callable[[], None]], ...] = (
        ("What sites do", lambda: sites(measured, prices)),
        ("What photos wait for", lambda: waits(measured)),
        ("What breaks first", lambda: breaks(measured)),
        (f"{1000:,} photos at once", lambda: bursts(measured)),
        *((f"A day, {mean:g} photos a second", lambda mean=mean: day(measured, mean)) for mean in DAYS_MEANS_PER_S),
        ("What to buy", lambda: purchases(measured, prices)),
    )
    for heading, show in shown:
        print(f"### {heading}\n")
        show()
