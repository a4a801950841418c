"""What would break first: what a site asks of each shared part, beside what that part can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from bench.scale.site import GETS, LISTS, Site
from shared.settings import Settings

REDIS_CONNECTIONS = 10_000  # maxclients as Redis and Valkey have it by themselves
PREFIX_PUTS_PER_S, PREFIX_GETS_PER_S = 3_500, 5_500  # S3, a prefix (AWS, performance guidelines; read)
NETWORK_GBIT_PER_S = 25.0  # of one machine's link, as large instances have it; read
FRONT_CONNECTIONS = 40  # of a busy front to Redis: one a thread that asks
MOST_REDIS = 0.6  # of its thread: behind that its answers wait for each other
WANTED_BUFFER_S = 60.0  # of work that should be able to wait before photos are refused


@dataclass(frozen=True)
class Limit:
    """A shared part: what is asked of it, what it can do, in its unit."""

    name: str
    asked: float
    can: float

    @property
    def margin(self) -> float:
        """How many times what is asked it can do; below 1 it breaks."""
        return self.can / self.asked


def redis_share(site: Site) -> float:
    """The part of its one thread that a site's Redis is busy, at all that its depth workers can do."""
    workers = site.depth_workers + site.model_workers
    return site.per_s * site.measured.redis_s + workers * site.measured.idle_redis + site.measured.base_redis


def parts(site: Site) -> int:
    """Into how many a site has to be parted, each with a Redis of its own, so that none is busier than MOST_REDIS."""
    return ceil(redis_share(site) / MOST_REDIS)


def limits(site: Site) -> Sequence[Limit]:
    """The limits at all that the site's depth workers can do, the one that breaks first at the head."""
    measured, per_s = site.measured, site.per_s
    workers = site.depth_workers + site.model_workers
    connections = workers * measured.connections + site.front_cores * FRONT_CONNECTIONS
    waiting = float(Settings.model_fields["all_waiting"].default)
    found = (
        Limit("photos that may wait (`RELIEF_ALL_WAITING`), for a minute of work", per_s * WANTED_BUFFER_S, waiting),
        Limit("Redis, its one thread", redis_share(site), 1.0),
        Limit("Redis, connections (`maxclients`)", connections, REDIS_CONNECTIONS),
        Limit("storage, writes a second on one prefix", per_s * (measured.files + LISTS), PREFIX_PUTS_PER_S),
        Limit("storage, reads a second on one prefix", per_s * GETS, PREFIX_GETS_PER_S),
        Limit("storage on one machine, Gbit/s in", per_s * measured.bytes * 8 / 1e9, NETWORK_GBIT_PER_S),
    )
    return sorted(found, key=lambda limit: limit.margin)
