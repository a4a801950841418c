"""Photos to disparity and depth with a MiDaS network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from shared.errors import ModelError, PhotoError
from worker.depth.estimator import DepthMap, Photo, grid_size_wh
from worker.depth.midas.backends import Backend
from worker.depth.midas.batching import Batcher
from worker.depth.midas.transforms import InputRule, Normalisation, input_size_wh, network_input
from worker.geometry.camera import camera_for
from worker.geometry.fuse.disparity import depth_from_disparity, edge_confidence
from worker.geometry.fuse.focus import Box, FaceBox, crop_round_face, fused_disparity

MAX_ASPECT = 8.0
THREADS = 2


@dataclass(frozen=True)
class View:
    """A picture for the network: a photo, or the part of it round a face.

    size_wh: of the disparity that is wanted of it.
    """

    pixels: np.ndarray
    size_wh: tuple[int, int]


class MidasEstimator:
    """A MiDaS network behind the interface of all depth models."""

    def __init__(self, name: str, backend: Backend, rule: InputRule, normalisation: Normalisation) -> None:
        """See `worker.depth.midas.loading.load`."""
        self.name = name
        self.backend = backend
        self._rule = rule
        self._normalisation = normalisation
        self._batcher = Batcher(backend, backend.batch_sizes)

    def estimate(self, photos: Sequence[Photo]) -> list[DepthMap | PhotoError]:
        """Each photo's relative depth, from its disparity by an assumed range; see `depth_from_disparity`."""
        return [
            disparity if isinstance(disparity, PhotoError) else self.relative(photo, disparity)
            for photo, disparity in zip(photos, self.disparity(photos), strict=True)
        ]

    def disparity(
        self, photos: Sequence[Photo], faces: Sequence[FaceBox | None] | None = None
    ) -> list[np.ndarray | PhotoError]:
        """Each photo's disparity on its grid (`grid_size_wh`): (H, W) float32, larger is nearer.

        Args:
            photos: with focus "face", the crop round a small face gets a pass of its own.
            faces: each photo's face; None where none is known.
        Raises:
            ModelError: the network's output is not finite, or not even one photo fits into memory.
        """
        usable = {
            index: View(photo.pixels, grid_size_wh(_size_wh(photo.pixels)))
            for index, photo in enumerate(photos)
            if _usable(photo)
        }
        crops = {index: crop for index in usable if faces and (crop := _crop(photos[index], faces[index]))}
        details = [_part(usable[index], crop) for index, crop in crops.items()]
        seen = iter(self._seen([*usable.values(), *details]))
        wholes = {index: next(seen) for index in usable}
        for index, crop in crops.items():
            wholes[index] = _joined(wholes[index], next(seen), _on_grid(crop, usable[index]))
        return [wholes[index] if index in wholes else _aspect_error(photo) for index, photo in enumerate(photos)]

    def _seen(self, views: Sequence[View]) -> list[np.ndarray]:
        """The network's disparity of each view, in its size; batched by the size of the network's input."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, view in enumerate(views):
            groups[input_size_wh(_size_wh(view.pixels), self._rule)].append(index)
        with ThreadPoolExecutor(THREADS) as threads:  # resizing goes on beside the network
            pending: dict[int, Future[np.ndarray]] = {}
            for size_wh, members in groups.items():
                prepared = [threads.submit(self._input, views[index].pixels, size_wh) for index in members]
                outputs = self._run([future.result() for future in prepared])
                for index, output in zip(members, outputs, strict=True):
                    pending[index] = threads.submit(self.backend.resized, output, views[index].size_wh)
        return [pending[index].result() for index in range(len(views))]

    def _input(self, pixels: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
        return network_input(pixels, size_wh, self._normalisation)

    def _run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        try:
            outputs = list(self._batcher(inputs))  # (h, w) each
        except MemoryError as error:
            raise ModelError(f"the memory does not hold one photo's pass through {self.name}") from error
        if not all(np.isfinite(output).all() for output in outputs):
            raise ModelError(f"{self.name} gave a disparity that is not finite; its weights may be damaged")
        return outputs

    def relative(self, photo: Photo, disparity: np.ndarray) -> DepthMap:
        """Relative depth of a photo from its disparity (H, W), by an assumed range."""
        height, width = disparity.shape
        size_wh = _size_wh(photo.pixels)
        return DepthMap(
            depth=depth_from_disparity(disparity),
            camera=camera_for(size_wh, (width, height), photo.fov_x_deg, photo.focal_35mm),
            unit="relative",
            confidence=edge_confidence(disparity),
            report={
                "input_wh": list(input_size_wh(size_wh, self._rule)),
                "backend": self.backend.name,
                "camera": photo.camera_source,
            },
        )


def _size_wh(pixels: np.ndarray) -> tuple[int, int]:
    height, width = pixels.shape[:2]
    return width, height


def _usable(photo: Photo) -> bool:
    size_wh = _size_wh(photo.pixels)
    return max(size_wh) <= MAX_ASPECT * min(size_wh)


def _crop(photo: Photo, face: FaceBox | None) -> Box | None:
    """The crop that gets a pass of its own; None where there is none."""
    return crop_round_face(_size_wh(photo.pixels), face) if face and photo.focus == "face" else None


def _aspect_error(photo: Photo) -> PhotoError:
    width, height = _size_wh(photo.pixels)
    return PhotoError(
        f"the photo is {width} x {height} pixels; one side may be at most {MAX_ASPECT:g} times the other: crop it"
    )


def _on_grid(crop: Box, whole: View) -> Box:
    """A crop of a photo, on the grid of the photo's disparity."""
    return crop.scaled(_size_wh(whole.pixels), whole.size_wh)


def _part(whole: View, crop: Box) -> View:
    return View(crop.of(whole.pixels), _on_grid(crop, whole).size_wh)


def _joined(whole: np.ndarray, detail: np.ndarray, box: Box) -> np.ndarray:
    """The crop's disparity put into the whole's; the whole as it is where the two contradict each other."""
    fused = fused_disparity(whole, detail, box)
    return whole if fused is None else fused
