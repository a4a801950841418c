"""Which workers are alive and what they can do, as they say themselves; a worker that dies is forgotten in seconds."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import cast

from redis import Redis

from shared.jobs.keys import Key
from shared.jobs.record import Stage

ALIVE_S = 15
GPU_MEMORY_KEPT_S = 60  # it is said after each task, of 30 seconds at the most


def process_name() -> str:
    """The name of this process as a worker: host:pid."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True)
class ModelInfo:
    """A depth model as the depth workers offer it."""

    name: str
    title: str
    unit: str
    licence: str
    ready: bool
    non_commercial: bool = False  # the licence forbids commercial use


@dataclass(frozen=True)
class Offer:
    """The depth models that the workers have, and the one that `auto` means."""

    models: tuple[ModelInfo, ...]
    default: str | None


class Workers:
    """The register of workers in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def announce(self, stage: Stage, worker: str) -> None:
        """Say that a worker of the stage is alive; to be said again within ALIVE_S."""
        now_s, _ = self._redis.time()
        with self._redis.pipeline() as pipe:
            pipe.zadd(f"{Key.WORKERS}{stage}", {worker: now_s})
            pipe.zremrangebyscore(f"{Key.WORKERS}{stage}", "-inf", now_s - ALIVE_S)
            pipe.execute()

    def announce_gpu_memory(self, worker: str, used_bytes: int) -> None:
        """Say how much GPU memory a worker process uses."""
        now_s, _ = self._redis.time()
        self._redis.hset(Key.GPU_MEMORY, worker, json.dumps([used_bytes, now_s]))

    def gpu_memory(self) -> dict[str, int]:
        """GPU memory in bytes by worker process; a worker that has been silent for long is forgotten."""
        now_s, _ = self._redis.time()
        said = cast(dict[bytes, bytes], self._redis.hgetall(Key.GPU_MEMORY))
        known = {worker: json.loads(text) for worker, text in said.items()}
        if silent := [worker for worker, (_, at_s) in known.items() if now_s - at_s > GPU_MEMORY_KEPT_S]:
            self._redis.hdel(Key.GPU_MEMORY, *silent)
        return {worker.decode(): used for worker, (used, _) in known.items() if worker not in silent}

    def offer(self, offer: Offer) -> None:
        """Say which depth models there are."""
        self._redis.set(Key.DEPTH_MODELS, json.dumps(asdict(offer)))

    def offered(self) -> Offer:
        """Which depth models the latest depth worker had; none before the first one started."""
        text = cast("bytes | None", self._redis.get(Key.DEPTH_MODELS))
        if text is None:
            return Offer((), None)
        document = json.loads(text)
        return Offer(tuple(ModelInfo(**model) for model in document["models"]), document["default"])
