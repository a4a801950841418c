"""Photos that wait for a stage, and a depth network that gives a ramp."""

import uuid
from collections.abc import Callable, Sequence

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.errors import PhotoError
from shared.jobs.record import Job, PhotoInfo, Stage, State
from shared.photo.decode import jpeg_from_pixels
from shared.results import PHOTO
from shared.storage.base import PHOTO_FOLDER, Storage
from tests.support.jobs import Store, new_job
from worker.depth.estimator import DepthMap, Early, Photo

WIDTH, HEIGHT = 96, 64
MARKED = 250  # the red of a photo that the network cannot use


class RampNetwork:
    """Depth that rises from left to right; remembers the sizes of its batches, and calls `before` with each batch.

    Before that it gives the same, on a smaller grid, as a rough depth map of each photo that it can use.
    """

    def __init__(self, before: Callable[[Sequence[Photo]], None] = lambda _: None) -> None:
        self.sizes: list[int] = []
        self._before = before

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        self.sizes.append(len(photos))
        for index, photo in enumerate(photos):
            if early and not is_marked(photo):
                early(index, _ramp(WIDTH // 4, HEIGHT // 4))
        self._before(photos)
        return [self._one(photo) for photo in photos]

    def _one(self, photo: Photo) -> DepthMap | PhotoError:
        if is_marked(photo):
            return PhotoError("this photo cannot be used")
        return _ramp(WIDTH, HEIGHT)


def _ramp(width: int, height: int) -> DepthMap:
    depth = np.tile(np.linspace(500, 600, width, dtype=np.float32), (height, 1))
    return DepthMap(depth, Intrinsics.from_focal((width, height), 0.94 * width), "mm", np.ones_like(depth))


def is_marked(photo: Photo) -> bool:
    return bool(photo.pixels[..., 0].mean() > MARKED - 10)


def queue_job(store: Store, storage: Storage, red: int = 90, steps: Sequence[Stage] = (Stage.DEPTH,), **more) -> Job:
    """A job that waits, with its photo of one colour."""
    job_id = uuid.uuid4().hex
    pixels = np.full((HEIGHT, WIDTH, 3), (red, 80, 70), np.uint8)
    storage.write(job_id, PHOTO_FOLDER, PHOTO, jpeg_from_pixels(pixels))
    return new_job(store, **{"steps": steps, "id": job_id, "photo": PhotoInfo(width=WIDTH, height=HEIGHT)} | more)


def states(store: Store, jobs: Sequence[Job]) -> list[State]:
    return [store.jobs.get(job.id).state for job in jobs]
