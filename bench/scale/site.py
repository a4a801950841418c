"""A site of so many GPUs, from what was measured: the times of its processes, and how many of each it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path

from bench.scale.measure import Measured
from bench.scale.plant import Kind, Plant, Sampled, Times, one_by_one
from shared.jobs.batches import batch_size
from shared.jobs.record import Stage
from shared.settings import Settings

RATES = Path(__file__).parents[1] / "midas.md"
RATE_ROW = r"^\| {name} \| b?float16 \|.*\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| \d+ \| [\d.]+ \|$"
SPREAD = 0.3
"""A photo takes this part more or less than the mean, evenly spread; set by hand, since one photo was measured."""
NO_FACE_S = 0.055  # to decode a photo and find no face in it (bench/README.md, the first picture)
STORE_S, WAKE_S, TASK_S = 0.04, 0.01, 0.01  # a depth map stored; Celery's part, as bench/README.md has it
GETS, LISTS = 8, 4  # of a photo's stages: photo four times, depth map twice, report and cloud; its folders each time
ROOM = 1.1  # model workers for this many times what the depth workers can do


def rates_per_s(network: str) -> dict[int, float]:
    """Photos a second of a network on an H100 in batches of 1, 2, 4 and 8, from bench/midas.md.

    Raises:
        ValueError: it has no row there.
    """
    row = re.search(RATE_ROW.format(name=re.escape(network)), RATES.read_text(), re.MULTILINE)
    if not row:
        raise ValueError(f"{RATES.name} has no rates of {network!r} on a GPU")
    return dict(zip((1, 2, 4, 8), map(float, row.groups()), strict=True))


def spread(mean_s: float) -> Sampled:
    """About so long."""
    return lambda chance: mean_s * chance.uniform(1 - SPREAD, 1 + SPREAD)


@dataclass(frozen=True)
class Site:
    """So many GPUs with so many depth workers each, and model workers to match; a core for each worker.

    faces: whether there are faces in the photos, which are fitted beside the network. gpus 0: depth workers without a
    network, `workers` of them.
    """

    measured: Measured
    gpus: int
    network: str = "dpt_beit_large_512"
    per_gpu: int = 1
    faces: bool = True
    workers: int = 0

    @property
    def depth_workers(self) -> int:
        """All depth workers."""
        return self.workers or self.gpus * self.per_gpu

    @property
    def face_s(self) -> float:
        """CPU seconds of a photo in the depth stage."""
        if not self.faces:
            return NO_FACE_S
        return self.measured.fused_s if self.gpus else self.measured.stages_s[Stage.DEPTH]

    @property
    def model_s(self) -> float:
        """CPU seconds of a photo in the other stages."""
        return sum(self.measured.stages_s[stage] for stage in Kind.MODEL.value)

    @cached_property
    def network_s(self) -> Callable[[int], float]:
        """Seconds of the GPU for a batch."""
        if not self.gpus:
            return lambda _: 0.0
        rates = rates_per_s(self.network)
        return lambda photos: photos / rates[max(size for size in rates if size <= photos)]

    @cached_property
    def batch(self) -> int:
        """Photos of a full batch: as many as half a second has, 8 at the most (`shared.jobs.batches`)."""
        most = int(Settings.model_fields["depth_batch"].default)
        return max(size for size in (1, 2, 4, 8) if size <= batch_size(self.face_s + self.network_s(1), most))

    @property
    def gpu_s(self) -> float:
        """Seconds of a GPU for a photo, in full batches."""
        return self.network_s(self.batch) / self.batch

    @property
    def per_s(self) -> float:
        """Photos a second that the depth workers can do, bounded by their own time and by the GPUs'."""
        by_workers = self.depth_workers / (self.face_s + self.gpu_s)
        return min(by_workers, self.gpus / self.gpu_s) if self.gpus else by_workers

    @property
    def gpu_busy(self) -> float:
        """The part of their time that the GPUs work when the depth workers do all they can."""
        return self.per_s * self.gpu_s / self.gpus if self.gpus else 0.0

    @property
    def model_workers(self) -> int:
        """Model workers for what the depth workers can do."""
        return ceil(ROOM * self.per_s * self.model_s)

    @property
    def front_cores(self) -> int:
        """Cores of fronts, half busy."""
        return ceil(2 * self.per_s * self.measured.front_cpu_s)

    @property
    def times(self) -> Times:
        """The times of its processes."""
        calls = 2 * len(Stage)  # a claim and an end for each stage
        redis_s = self.measured.redis_s / (1 + calls)
        return Times(
            batch_s=one_by_one(spread(self.face_s)),
            single_s={stage: spread(self.measured.stages_s[stage]) for stage in Kind.MODEL.value},
            network_s=self.network_s,
            store_s=STORE_S,
            upload_s=self.measured.front_cpu_s,
            wake_s=WAKE_S,
            task_s=TASK_S,
            create_s=redis_s,
            claim_s=redis_s,
            finish_s=redis_s,
        )

    def plant(self, **more: float) -> Plant:
        """Its processes."""
        return Plant(
            self.times,
            self.depth_workers,
            self.model_workers,
            gpus=max(1, self.gpus),
            front_cores=self.front_cores,
            **more,
        )
