"""Photos to disparity and depth with a MiDaS network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from shared.errors import ModelError, PhotoError
from worker.depth.estimator import DepthMap, Photo, grid_size_wh
from worker.depth.midas.checkpoint import NetworkSpec, load_network
from worker.depth.midas.torch_backend import TorchBackend
from worker.depth.transforms import InputRule, Normalisation, input_size_wh, network_input, resized_disparity
from worker.geometry.camera import camera_for
from worker.geometry.disparity import depth_from_disparity, edge_confidence

MAX_ASPECT = 8.0
MAX_BATCH = 8

# (B, 3, H, W) float32 normalised photos to (B, H, W) float32 disparity.
Backend = Callable[[np.ndarray], np.ndarray]


class MidasEstimator:
    """A MiDaS network behind the interface of all depth models."""

    def __init__(self, name: str, backend: Backend, rule: InputRule, normalisation: Normalisation) -> None:
        self.name = name
        self._backend = backend
        self._rule = rule
        self._normalisation = normalisation

    def estimate(self, photos: Sequence[Photo]) -> list[DepthMap | PhotoError]:
        """Each photo's relative depth, from its disparity by an assumed range; see `depth_from_disparity`."""
        return [
            disparity if isinstance(disparity, PhotoError) else self._depth_map(photo, disparity)
            for photo, disparity in zip(photos, self.disparity(photos), strict=True)
        ]

    def disparity(self, photos: Sequence[Photo]) -> list[np.ndarray | PhotoError]:
        """Each photo's disparity on its grid (`grid_size_wh`): (H, W) float32, larger is nearer.

        Raises:
            ModelError: the network's output is not finite.
        """
        results: list[np.ndarray | PhotoError] = [_aspect_error(photo) for photo in photos]
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, photo in enumerate(photos):
            if _usable(photo):
                groups[input_size_wh(_size_wh(photo), self._rule)].append(index)
        for size_wh, members in groups.items():
            for start in range(0, len(members), MAX_BATCH):
                batch = members[start : start + MAX_BATCH]
                outputs = self._run([photos[index] for index in batch], size_wh)
                for index, output in zip(batch, outputs, strict=True):
                    results[index] = resized_disparity(output, grid_size_wh(_size_wh(photos[index])))
        return results

    def _run(self, photos: Sequence[Photo], size_wh: tuple[int, int]) -> np.ndarray:
        inputs = np.stack([network_input(photo.pixels, size_wh, self._normalisation) for photo in photos])
        outputs = self._backend(inputs)  # (B, h, w)
        if not np.isfinite(outputs).all():
            raise ModelError(f"{self.name} gave a disparity that is not finite; its weights may be damaged")
        return outputs

    def _depth_map(self, photo: Photo, disparity: np.ndarray) -> DepthMap:
        height, width = disparity.shape
        return DepthMap(
            depth=depth_from_disparity(disparity),
            camera=camera_for(_size_wh(photo), (width, height), photo.fov_x_deg, photo.focal_35mm),
            unit="relative",
            confidence=edge_confidence(disparity),
            report={"model": self.name, "input_wh": list(input_size_wh(_size_wh(photo), self._rule))},
        )


def load(name: str, spec: NetworkSpec, path: Path, rule: InputRule, normalisation: Normalisation) -> MidasEstimator:
    """A MiDaS estimator with the weights of an official checkpoint.

    Raises:
        WeightsError: the file is not the network's checkpoint.
    """
    return MidasEstimator(name, TorchBackend(load_network(spec, path)), rule, normalisation)


def _size_wh(photo: Photo) -> tuple[int, int]:
    height, width = photo.pixels.shape[:2]
    return width, height


def _usable(photo: Photo) -> bool:
    return max(_size_wh(photo)) <= MAX_ASPECT * min(_size_wh(photo))


def _aspect_error(photo: Photo) -> PhotoError:
    width, height = _size_wh(photo)
    return PhotoError(
        f"the photo is {width} x {height} pixels; one side may be at most {MAX_ASPECT:g} times the other: crop it"
    )
