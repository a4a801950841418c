"""What a photo costs on this machine: writes bench/scale/measured.json, from which the simulation has its figures.

`python -m bench.scale measure`: one photo at a time through a whole stack, by CPU seconds.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx
from redis import Redis

from bench.compare.processes import cpu_s
from bench.scale.plant import KIND_OF
from bench.scale.real import ONE_CORE_EACH
from bench.scale.redis_cost import busy_redis_s, main_thread_s
from bench.stages import portrait_of
from shared.jobs.jobs import Jobs
from shared.jobs.record import Job, Stage
from shared.redis.connection import connect
from stack.local import Plan, Stack
from stack.processes import wait_until

FILE = Path(__file__).parent / "measured.json"
SIDE_PX = 1024
PHOTOS = 8  # with a disparity map, and as many without
IDLE_S = 10.0
WORKERS, MORE_WORKERS = 2, 5
SETTLE_S = 3.0
ASK_EVERY_S = 1.0  # as the page does where it has no events


@dataclass(frozen=True)
class Measured:
    """Costs of a photo of SIDE_PX and of processes, medians of PHOTOS.

    stages_s: CPU seconds of a run, with what its process does beside it: seconds, where a worker has a core of its own.
    fused_s: of the depth stage where a disparity map is given: what a worker with a GPU does beside its network.
    front_cpu_s: of a front, with its decoder, for a photo and its polls. redis_s: of Redis's main thread for a photo,
    where many are at work (`bench.scale.redis_cost`); redis_alone_s: where it is the only one. idle_redis: the part of
    that thread that an idle worker takes; base_redis: that is taken once. connections: to Redis, of a worker. files,
    bytes: of a photo and its results on storage.
    """

    day: str
    stages_s: dict[str, float]
    fused_s: float
    front_cpu_s: float
    redis_s: float
    redis_alone_s: float
    idle_redis: float
    base_redis: float
    connections: float
    files: int
    bytes: int

    @classmethod
    def read(cls) -> Measured:
        """What was measured last."""
        return cls(**json.loads(FILE.read_text()))


@dataclass(frozen=True)
class Spent:
    """A job, and CPU seconds that processes spent on it, by their names."""

    job: Job
    cpu_s: dict[str, float]


def main() -> None:
    """Measure, and write the file."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Plan(Path(folder), settings=ONE_CORE_EACH)) as stack,
        httpx.Client(base_url=stack.url, timeout=120) as client,
    ):
        found = _Measuring(stack, client).measured(_idle_of_many())
    FILE.write_text(json.dumps(asdict(found), indent=1) + "\n")
    print(FILE.read_text())


@dataclass(frozen=True)
class Idle:
    """Workers with nothing to do: the part of Redis's main thread that they take, and connections to it."""

    redis: float
    connections: int

    @classmethod
    def of(cls, redis: Redis) -> Idle:
        """Of those that are up now."""
        time.sleep(SETTLE_S)
        before_s = main_thread_s(redis)
        time.sleep(IDLE_S)
        return cls((main_thread_s(redis) - before_s) / IDLE_S, len(redis.client_list()))


def _idle_of_many() -> Idle:
    plan = {"model_workers": MORE_WORKERS - 1, "settings": ONE_CORE_EACH}
    with tempfile.TemporaryDirectory() as folder, Stack(Plan(Path(folder), **plan)) as stack:
        return Idle.of(connect(stack.redis_url))


class _Measuring:
    def __init__(self, stack: Stack, client: httpx.Client) -> None:
        self._stack, self._client = stack, client
        self._redis = connect(stack.redis_url)
        self._jobs = Jobs(self._redis)
        self._photo = portrait_of(SIDE_PX)

    def measured(self, many: Idle) -> Measured:
        warm = self._spent().job
        disparity = self._client.get(f"/api/v1/jobs/{warm.id}/results/depth.png").raise_for_status().content
        self._spent(disparity)
        few, redis_s, began = Idle.of(self._redis), -main_thread_s(self._redis), time.monotonic()
        plain, fused = zip(*((self._spent(), self._spent(disparity)) for _ in range(PHOTOS)), strict=True)
        redis_s += main_thread_s(self._redis) - few.redis * (time.monotonic() - began)
        a_worker = (many.redis - few.redis) / (MORE_WORKERS - WORKERS)
        connections = (many.connections - few.connections) / (MORE_WORKERS - WORKERS)
        files = [file.bytes for file in plain[0].job.files.values()]
        return Measured(
            day=datetime.now(UTC).date().isoformat(),
            stages_s={stage: round(median(_stage_s(each, stage) for each in plain), 3) for stage in Stage},
            fused_s=round(median(each.cpu_s["depth0"] for each in fused), 3),
            front_cpu_s=round(median(each.cpu_s["web0"] for each in plain), 3),
            redis_s=round(busy_redis_s(), 5),
            redis_alone_s=round(redis_s / 2 / PHOTOS, 5),
            idle_redis=round(a_worker, 6),
            base_redis=round(few.redis - WORKERS * a_worker, 6),
            connections=round(connections, 1),
            files=1 + len(files),
            bytes=plain[0].job.photo.bytes + sum(files),
        )

    def _cpu_s(self) -> dict[str, float]:
        return {name: cpu_s(process.pid) for name, process in self._stack.processes.items()}

    def _spent(self, disparity: bytes | None = None) -> Spent:
        """A photo to its end, asked for as the page does."""
        before = self._cpu_s()
        files = {"photo": ("p.jpg", self._photo)} | ({"disparity": ("d.png", disparity)} if disparity else {})
        url = self._client.post("/api/v1/jobs", files=files).raise_for_status().json()["links"]["self"]

        def ended() -> bool:
            time.sleep(ASK_EVERY_S)
            return bool(self._client.get(url).raise_for_status().json()["state"] == "succeeded")

        wait_until("the job's end", ended)
        spent = {name: after_s - before[name] for name, after_s in self._cpu_s().items()}
        return Spent(self._jobs.get(url.rpartition("/")[2]), spent)


def _stage_s(spent: Spent, stage: Stage) -> float:
    """CPU seconds of one stage: its process's, shared among its stages by how long they ran."""
    kind = KIND_OF[stage]
    runs_s = sum(spent.job.stages[each].run_s for each in kind.value)
    return spent.cpu_s[f"{kind.name.lower()}0"] * spent.job.stages[stage].run_s / runs_s
