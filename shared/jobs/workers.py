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
        self._redis.set(f"{Key.GPU_MEMORY}{worker}", used_bytes, ex=4 * ALIVE_S)

    def gpu_memory(self) -> dict[str, int]:
        """GPU memory in bytes by worker process."""
        keys = cast(list[bytes], list(self._redis.scan_iter(f"{Key.GPU_MEMORY}*")))
        used = cast("list[bytes | None]", self._redis.mget(keys)) if keys else []
        found = zip(keys, used, strict=True)
        return {key.decode().removeprefix(Key.GPU_MEMORY): int(value) for key, value in found if value}

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
