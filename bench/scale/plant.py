"""What there is: processes, and how long each thing takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import cycle
from random import Random

from shared.jobs.record import Stage
from shared.settings import Settings

Sampled = Callable[[Random], float]
"""Gives seconds, drawn by chance."""


class Kind(Enum):
    """The two kinds of workers, by the stages that they serve."""

    DEPTH = (Stage.DEPTH,)
    MODEL = (Stage.MODEL, Stage.HEAD, Stage.EXPORT)


KIND_OF = {stage: kind for kind in Kind for stage in kind.value}


def in_order(seconds: Sequence[float], start: float) -> Sampled:
    """Those that were measured, in their order from a part of it on, since a busy machine is slow for a while.

    Args:
        seconds: as they came.
        start: 0 to 1, where to begin; after the last one the first follows.
    """
    first = int(start * len(seconds))
    following = cycle([*seconds[first:], *seconds[:first]])
    return lambda _: next(following)


def one_by_one(photo_s: Sampled) -> Callable[[Random, int], float]:
    """A batch whose photos take their time one after another, as on a CPU."""
    return lambda chance, photos: sum(photo_s(chance) for _ in range(photos))


@dataclass(frozen=True)
class Times:
    """Seconds that things take.

    batch_s: a batch of so many photos in the depth stage, decoding included, but for storing and a GPU's part.
    network_s: that part, of so many photos. store_s: two depth maps stored, beside the network. single_s: the other
    stages, whole. upload_s: of a front's core, with its decoder. wake_s: from a message to its task where a worker is
    idle. task_s: a worker between two tasks.
    """

    batch_s: Callable[[Random, int], float]
    single_s: Mapping[Stage, Sampled]
    network_s: Callable[[int], float] = lambda _: 0.0
    store_s: float = 0.0
    upload_s: float = 0.0
    wake_s: float = 0.0
    task_s: float = 0.0
    create_s: float = 0.0  # of Redis, as are the next two
    claim_s: float = 0.0
    finish_s: float = 0.0


def _default(name: str) -> float:
    return float(Settings.model_fields[name].default)


@dataclass(frozen=True)
class Plant:
    """Processes and settings, those of the release where none are given."""

    times: Times
    depth_workers: int = 1
    model_workers: int = 1
    gpus: int = 1  # which the depth workers share evenly
    front_cores: int = 1
    most_in_batch: int = int(_default("depth_batch"))
    batch_wait_s: float = _default("depth_batch_wait_ms") / 1000
    lease_s: float = _default("lease_s")
    attempts: int = int(_default("attempts"))
    deaths_per_s: float = 0.0  # of each worker, as when spot machines are taken away
    restart_s: float = 60.0
    kinds: Mapping[Kind, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", {Kind.DEPTH: self.depth_workers, Kind.MODEL: self.model_workers})
