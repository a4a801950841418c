"""Does the depth stage keep its network busy? Photos a second through queue and storage, against the bare network."""

from __future__ import annotations

import io
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from redis import Redis

from shared.cloud.camera import Intrinsics
from shared.errors import PhotoError
from shared.jobs.jobs import Jobs
from shared.jobs.limits import UNLIMITED
from shared.jobs.new_job import NewJob
from shared.jobs.record import PhotoInfo, Stage
from shared.jobs.statistics import Statistics
from shared.jobs.wakeups import WakeUps, celery_app
from shared.options import DepthOptions, ModelOptions
from shared.photo.decode import jpeg_from_pixels
from shared.redis.connection import connect
from shared.results import PHOTO
from shared.settings import Settings
from shared.storage.base import PHOTO_FOLDER, Storage
from shared.storage.folder import FolderStorage
from stack.demo import PORTRAIT
from stack.valkey import start_valkey
from worker.depth.estimator import DepthMap, Early, Estimator, Photo
from worker.stages.runner import StageRunner

BATCH = 8
JOBS = 128
RUNS = 3
SIDE_PX = 384
SLEEP_S = 0.1  # a photo, as a large network takes on a GPU that is not here


class Sleeping:
    """Stands for a network on a GPU: waits for each photo without using a core, then gives a ramp."""

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        """One batch."""
        time.sleep(SLEEP_S * len(photos))
        return self.ramps(photos)

    def ramps(self, photos: Sequence[Photo]) -> list[DepthMap | PhotoError]:
        """A ramp of each photo's size."""
        return [_ramp(photo.pixels.shape[0], photo.pixels.shape[1]) for photo in photos]


class Convolving:
    """A small real network on the CPU: six convolutions of 24 channels over the whole batch."""

    def __init__(self) -> None:
        torch.manual_seed(1)
        layers = [torch.nn.Conv2d(3 if first else 24, 24, 3, padding=1) for first in (True, *[False] * 5)]
        self._network = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1)).eval()

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        """One batch."""
        pixels = np.stack([photo.pixels for photo in photos])
        with torch.inference_mode():
            self._network(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255)
        return [_ramp(photo.pixels.shape[0], photo.pixels.shape[1]) for photo in photos]


def main() -> None:
    """Print the table."""
    pixels = np.asarray(Image.open(io.BytesIO(PORTRAIT.read_bytes())).convert("RGB").resize((SIDE_PX, SIDE_PX)))
    print(f"## Depth stage at saturation\n\n{JOBS} photos of {SIDE_PX} x {SIDE_PX}, batches of {BATCH}, one worker;")
    print(f"median of {RUNS} runs of each in turn.\n")
    print("| network | bare loop, photos/s | through queue and storage, photos/s | ratio |\n|---|---|---|---|")
    networks: tuple[tuple[str, Callable[[], Estimator]], ...] = (
        (f"sleeping {SLEEP_S * 1000:.0f} ms a photo", Sleeping),
        ("small, on the same cores", Convolving),
    )
    for name, make in networks:
        bare, queued = [], []
        for _ in range(RUNS):
            bare.append(_bare(make(), pixels))
            queued.append(_queued(make(), pixels))
        ratio = statistics.median(q / b for q, b in zip(queued, bare, strict=True))
        print(f"| {name} | {statistics.median(bare):.1f} | {statistics.median(queued):.1f} | {ratio:.2f} |")
    print()


def _bare(network: Estimator, pixels: np.ndarray) -> float:
    began = time.monotonic()
    for _ in range(JOBS // BATCH):
        network.estimate([Photo(pixels)] * BATCH)
    return JOBS / (time.monotonic() - began)


def _queued(network: Estimator, pixels: np.ndarray) -> float:
    """The same through claim, decode, network, encode, storage and finish."""
    with _runner(network) as (runner, redis, storage):
        jobs, statistics = Jobs(redis), Statistics(redis)
        photo = jpeg_from_pixels(pixels)
        for number in range(JOBS):
            job_id = uuid.uuid4().hex
            storage.write(job_id, PHOTO_FOLDER, PHOTO, photo)
            new = NewJob(
                id=job_id,
                owner=f"bench{number % BATCH}",
                steps=(Stage.DEPTH,),
                photo=PhotoInfo(width=SIDE_PX, height=SIDE_PX),
                depth=DepthOptions(),
                model=ModelOptions(),
                keep_s=3600,
            )
            jobs.create(new, UNLIMITED)
        began = time.monotonic()
        while statistics.by_stage()[Stage.DEPTH].waiting:
            runner.run(Stage.DEPTH)
        return JOBS / (time.monotonic() - began)


@contextmanager
def _runner(network: Estimator) -> Iterator[tuple[StageRunner, Redis, Storage]]:
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_valkey(Path(folder) / "valkey")
        settings = Settings(redis_url=url, data=Path(folder), depth_batch=BATCH, depth_model="portrait")
        redis = connect(url)
        storage, wakeups = FolderStorage(settings.data), WakeUps(celery_app(url))
        yield StageRunner(redis, storage, wakeups, settings, load=lambda _: network), redis, storage
        redis.close()
        server.stop()


def _ramp(height: int, width: int) -> DepthMap:
    depth = np.tile(np.linspace(500, 600, width, dtype=np.float32), (height, 1))
    camera = Intrinsics.from_focal((width, height), float(width))
    return DepthMap(depth, camera, "mm", np.ones_like(depth))
