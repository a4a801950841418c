"""What things cost, in dollars. Prices are read, not ours: give your own."""

from __future__ import annotations

from dataclasses import dataclass

from bench.scale.site import GETS, LISTS, Site

HOUR_S = 3600.0
THOUSAND = 1000


@dataclass(frozen=True)
class Prices:
    """Dollars, each with where it was read and when.

    gpu_hour: an H100, AWS capacity blocks, early 2025. core_hour: half of an m7g.large, AWS us-east-1 on demand, June
    2026. put, get, gb_month: S3 standard, us-east-1, 2025.
    """

    gpu_hour: float = 4.92
    core_hour: float = 0.041
    put_1000: float = 0.005
    get_1000: float = 0.0004
    gb_month: float = 0.023
    kept_days: float = 1.0

    def of_machines(self, site: Site) -> float:
        """A thousand photos, where all machines work all the time: GPUs, and cores of all processes."""
        per_hour = site.gpus * self.gpu_hour + cores(site) * self.core_hour
        return THOUSAND * per_hour / HOUR_S / site.per_s

    def of_storage(self, site: Site) -> float:
        """A thousand photos' files: written, read by the stages, kept."""
        measured = site.measured
        requests = (measured.files + LISTS) * self.put_1000 + GETS * self.get_1000  # listing costs as much as writing
        return requests + THOUSAND * measured.bytes / 1e9 * self.gb_month * self.kept_days / 30


def cores(site: Site) -> int:
    """Cores of all processes; two for Redis."""
    return site.depth_workers + site.model_workers + site.front_cores + 2
