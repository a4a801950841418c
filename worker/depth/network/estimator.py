"""Photos to disparity and depth with a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from shared.errors import ModelError, PhotoError
from worker.depth.alone import depth_map_alone
from worker.depth.estimator import DepthMap, Early, Photo, grid_size_wh
from worker.depth.network.backends import Backend
from worker.depth.network.batching import Batcher
from worker.depth.network.detail import with_detail
from worker.depth.network.reading import Arrays, Reading
from worker.depth.prediction import Predicted, Prediction
from worker.geometry.fuse.focus import Box, FaceBox, crop_round_face

MAX_ASPECT = 8.0
THREADS = 2


@dataclass(frozen=True)
class View:
    """A picture for the network: a photo, or the part of it round a face.

    input_wh: of the network's input, and size_wh: of the prediction.
    """

    pixels: np.ndarray
    input_wh: tuple[int, int]
    size_wh: tuple[int, int]


class NetworkEstimator:
    """A network behind the interface of all depth models."""

    def __init__(self, name: str, backend: Backend, reading: Reading) -> None:
        """See `worker.depth.network.loading.load`."""
        self.name = name
        self.backend = backend
        self.reading = reading
        self._batcher = Batcher(backend, backend.batch_sizes)

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        """Each photo's depth by its prediction alone."""
        return [
            prediction if isinstance(prediction, PhotoError) else self.alone(photo, prediction)
            for photo, prediction in zip(photos, self.predict(photos), strict=True)
        ]

    def predict(self, photos: Sequence[Photo], faces: Sequence[FaceBox | None] | None = None) -> list[Predicted]:
        """Each photo's prediction on its grid (`grid_size_wh`).

        Args:
            photos: with focus "face", the crop round a small face gets a pass of its own.
            faces: each photo's face; None where none is known.
        Raises:
            ModelError: an output of the network is not finite, or not even one photo fits into memory.
        """
        input_size_wh = self.reading.input_size_wh
        views = {
            index: View(photo.pixels, input_size_wh(photo.size_wh), grid_size_wh(photo.size_wh))
            for index, photo in enumerate(photos)
            if max(photo.size_wh) <= MAX_ASPECT * min(photo.size_wh)
        }
        crops = {index: crop for index in views if faces and (crop := _crop(photos[index], faces[index]))}
        boxes = {index: crop.scaled(photos[index].size_wh, views[index].size_wh) for index, crop in crops.items()}
        details = [
            View(crop.of(photos[index].pixels), input_size_wh(crop.size_wh), boxes[index].size_wh)
            for index, crop in crops.items()
        ]
        seen = iter(self._seen([*views.values(), *details]))
        wholes = {index: next(seen) for index in views}
        for index, box in boxes.items():
            wholes[index] = with_detail(wholes[index], next(seen), box)
        return [wholes[index] if index in wholes else _aspect_error(photo) for index, photo in enumerate(photos)]

    def _seen(self, views: Sequence[View]) -> list[Prediction]:
        """The network's prediction of each view, in its size; batched by the size of the network's input."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, view in enumerate(views):
            groups[view.input_wh].append(index)
        with ThreadPoolExecutor(THREADS) as threads:  # resizing goes on beside the network
            pending: dict[int, Future[Prediction]] = {}
            for input_wh, members in groups.items():
                prepared = [threads.submit(self.reading.inputs, views[index].pixels, input_wh) for index in members]
                outputs = self._run([future.result() for future in prepared])
                for index, given in zip(members, outputs, strict=True):
                    pending[index] = threads.submit(
                        self.reading.prediction, given, views[index].size_wh, self.backend.resized
                    )
        return [pending[index].result() for index in range(len(views))]

    def _run(self, inputs: Sequence[Arrays]) -> list[Arrays]:
        try:
            outputs = list(self._batcher(inputs))
        except MemoryError as error:
            raise ModelError(f"the memory does not hold one photo's pass through {self.name}") from error
        if not all(np.isfinite(values).all() for arrays in outputs for values in arrays):
            raise ModelError(f"{self.name} gave an output that is not finite; its weights may be damaged")
        return outputs

    def alone(self, photo: Photo, prediction: Prediction) -> DepthMap:
        """The depth of a photo by its prediction alone; see `depth_map_alone`."""
        input_wh = list(self.reading.input_size_wh(photo.size_wh))
        return depth_map_alone(photo, prediction, {"input_wh": input_wh, "backend": self.backend.name})


def _crop(photo: Photo, face: FaceBox | None) -> Box | None:
    """The crop that gets a pass of its own; None where there is none."""
    return crop_round_face(photo.size_wh, face) if face and photo.focus == "face" else None


def _aspect_error(photo: Photo) -> PhotoError:
    width, height = photo.size_wh
    return PhotoError(
        f"the photo is {width} x {height} pixels; one side may be at most {MAX_ASPECT:g} times the other: crop it"
    )
