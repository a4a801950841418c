"""Metric depth from a depth network and the face in the photo.

The network sees everything but knows no size; the landmarks of a face know size but nothing beside it. How they are
joined: `worker.depth.fusion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.errors import PhotoError
from worker.depth.estimator import DepthMap, DepthNetwork, Early, Photo
from worker.depth.fusion import fused
from worker.depth.own_maps import OwnMaps, has_own_map
from worker.depth.portrait.estimator import Portrait
from worker.depth.portrait.rough import all_upright
from worker.depth.prediction import Predicted
from worker.person.face import Face


class Anchored:
    """An estimator of metric depth where a face is found, and of what the network alone gives where none is.

    A photo's own map takes the place of the network. Without a network, a photo without a map is estimated
    from its face alone.
    """

    def __init__(self, network: DepthNetwork | None, portrait: Portrait) -> None:
        self._network = network
        self._own_maps = OwnMaps()
        self._portrait = portrait

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        """Depth of each photo; its report says what each source gave."""
        upright = all_upright(self._portrait, photos, early)
        results: dict[int, DepthMap | PhotoError] = {}
        for with_map in (True, False):
            chosen = [index for index, photo in enumerate(photos) if has_own_map(photo) == with_map]
            source = self._own_maps if with_map else self._network
            mine = [upright[index] for index in chosen]
            estimates = self._fused(mine, source) if source else [self._portrait.depth_of(*found) for found in mine]
            results |= dict(zip(chosen, estimates, strict=True))
        return [results[index] for index in range(len(photos))]

    def _fused(self, upright: Sequence[tuple[Photo, list[Face]]], source: DepthNetwork) -> list[DepthMap | PhotoError]:
        boxes = [faces[0].box if faces else None for _, faces in upright]
        predictions = source.predict([photo for photo, _ in upright], boxes)
        return [self._estimate(source, *one, given) for one, given in zip(upright, predictions, strict=True)]

    def _estimate(
        self, source: DepthNetwork, photo: Photo, faces: list[Face], prediction: Predicted
    ) -> DepthMap | PhotoError:
        if isinstance(prediction, PhotoError):
            return prediction
        own_map = self._own_maps.report(photo) if source is self._own_maps else {}
        if faces:
            height, width = prediction.disparity.shape
            scale_uv = width / photo.size_wh[0], height / photo.size_wh[1]
            others = [face.scaled(scale_uv) for face in faces[1:]]
            depth_map = fused(prediction, self._portrait.bust_of(photo, faces, prediction), others)
            return _reporting(depth_map.turned(-photo.quarters), own_map)
        if prediction.camera is not None:  # no face speaks against it
            photo = replace(photo, network_fov_x_deg=prediction.camera.fov_x_deg)
        alone = source.alone(photo, prediction)
        return _reporting(alone, {"face_found": False, "metric": alone.unit == "mm", "anchored": False} | own_map)


def _reporting(depth_map: DepthMap, more: dict[str, object]) -> DepthMap:
    return replace(depth_map, report=depth_map.report | more)
