"""Photos to disparity and depth with a MiDaS network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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

    def __init__(
        self,
        name: str,
        backend: Backend,
        rule: InputRule,
        normalisation: Normalisation,
    ) -> None:
        """See `load`."""
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
            photos: with focus "face", one is looked at twice where its face is small in it.
            faces: each photo's face; None where nobody looked for any.
        Raises:
            ModelError: the network's output is not finite, or not even one photo fits into memory.
        """
        crops = [_crop(photo, face) for photo, face in zip(photos, faces or [None] * len(photos), strict=True)]
        usable = [(photo, crop) for photo, crop in zip(photos, crops, strict=True) if _usable(photo)]
        found = iter(self._usable_disparity([photo for photo, _ in usable], [crop for _, crop in usable]))
        return [next(found) if _usable(photo) else _aspect_error(photo) for photo in photos]

    def _usable_disparity(self, photos: Sequence[Photo], crops: Sequence[Box | None]) -> list[np.ndarray]:
        wholes = [View(photo.pixels, grid_size_wh(_size_wh(photo.pixels))) for photo in photos]
        details = [_part(whole, crop) for whole, crop in zip(wholes, crops, strict=True) if crop]
        seen = self._seen([*wholes, *details])
        close = iter(seen[len(wholes) :])
        return [
            _joined(whole, next(close), _on_grid(crop, view)) if crop else whole
            for whole, view, crop in zip(seen, wholes, crops, strict=False)
        ]

    def _seen(self, views: Sequence[View]) -> list[np.ndarray]:
        """The network's disparity of each view, in its size; batched by the size of the network's input."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, view in enumerate(views):
            groups[input_size_wh(_size_wh(view.pixels), self._rule)].append(index)
        results: dict[int, np.ndarray] = {}
        with ThreadPoolExecutor(THREADS) as threads:  # resizing goes on beside the network
            pending = {}
            for size_wh, members in groups.items():
                prepared = [threads.submit(self._input, views[index].pixels, size_wh) for index in members]
                outputs = self._run([future.result() for future in prepared])
                for index, output in zip(members, outputs, strict=True):
                    pending[index] = threads.submit(self.backend.resized, output, views[index].size_wh)
            results = {index: future.result() for index, future in pending.items()}
        return [results[index] for index in range(len(views))]

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
    """Where to look again; None where once is enough."""
    return crop_round_face(_size_wh(photo.pixels), face) if face and photo.focus == "face" else None


def _aspect_error(photo: Photo) -> PhotoError:
    width, height = _size_wh(photo.pixels)
    return PhotoError(
        f"the photo is {width} x {height} pixels; one side may be at most {MAX_ASPECT:g} times the other: crop it"
    )


def _on_grid(crop: Box, whole: View) -> Box:
    return crop.scaled(_size_wh(whole.pixels), whole.size_wh)


def _part(whole: View, crop: Box) -> View:
    return View(crop.of(whole.pixels), _on_grid(crop, whole).size_wh)


def _joined(whole: np.ndarray, detail: np.ndarray, box: Box) -> np.ndarray:
    """The whole as it is where the closer look contradicts it."""
    fused = fused_disparity(whole, detail, box)
    return whole if fused is None else fused
