"""The maps that came with photos, in place of a network's."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from shared.maps.points import PointMap
from worker.depth.alone import depth_map_alone
from worker.depth.estimator import DepthMap, Photo, grid_size_wh
from worker.depth.prediction import Predicted, Prediction
from worker.geometry.fuse.disparity import disparity_from_depth
from worker.geometry.fuse.focus import FaceBox
from worker.geometry.fuse.levels import on_grid

STEP = 0.03
"""Where pixels that become one differ by more than this part of their disparity, one of them is taken, not their mean:
between a silhouette and what is behind it there is nothing. In a portrait it is 15 mm within the 1 mm of a pixel."""
LEAST_NORMAL = 0.5
"""Length of a mean of unit normals below which they have none in common."""


def has_own_map(photo: Photo) -> bool:
    """Whether a map came with a photo."""
    return photo.points is not None or photo.disparity is not None


class OwnMaps:
    """Disparity maps and point maps as predictions."""

    def predict(self, photos: Sequence[Photo], faces: Sequence[FaceBox | None] | None = None) -> list[Predicted]:
        """Each photo's own map on the photo's grid."""
        return [_prediction(photo) for photo in photos]

    def alone(self, photo: Photo, prediction: Prediction) -> DepthMap:
        """The depth of a photo from its map on the photo's grid alone."""
        return depth_map_alone(photo, prediction, {})

    def report(self, photo: Photo) -> dict[str, object]:
        """That it was a map of one's own, and what a point map brought."""
        return {"own_map": True} | ({"own_points": photo.points.report()} if photo.points else {})


def _prediction(photo: Photo) -> Prediction:
    size_wh = grid_size_wh(photo.size_wh)
    if photo.points:
        return prediction_from_points(photo.points, size_wh)
    if photo.disparity is None:
        raise ValueError("the photo brings no map of its own")
    return Prediction(on_grid(photo.disparity.values, photo.disparity.step, size_wh))


def prediction_from_points(own: PointMap, size_wh: tuple[int, int]) -> Prediction:
    """A point map on a photo's grid, of width and height `size_wh`, as if a network had said it.

    What is known is spread over the pixel that it covers most of, and no farther.
    """
    known = np.isfinite(own.depth)
    disparity = disparity_from_depth(own.depth, known)
    part = _resized(known.astype(np.float32), size_wh)
    mask = part > 0.5
    mean = np.divide(_resized(disparity, size_wh), part, out=np.zeros_like(part), where=mask)
    one = cv2.resize(disparity, size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
    steps = mask & (one > 0) & (np.abs(mean - one) > STEP * one) if _shrinks(own.size_wh, size_wh) else False
    return Prediction(
        np.where(steps, one, mean),
        "metric" if own.metric else "relative",
        mask,
        None if own.normals is None else _normals_on_grid(own.normals, mask, size_wh),
        own.camera and own.camera.resized(size_wh),
    )


def _normals_on_grid(normals: np.ndarray, mask: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) float32 of unit length, NaN where there are none."""
    mean = _resized(np.where(np.isfinite(normals), normals, np.float32(0)), size_wh)
    length = np.linalg.norm(mean, axis=-1, keepdims=True)
    common = mask[..., None] & (length > LEAST_NORMAL)
    return np.where(common, mean / np.where(common, length, 1), np.float32(np.nan))


def _resized(plane: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    height, width = plane.shape[:2]
    shrinks = _shrinks((width, height), size_wh)
    return cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _shrinks(from_wh: tuple[int, int], to_wh: tuple[int, int]) -> bool:
    return to_wh[0] <= from_wh[0] and to_wh[1] <= from_wh[1]
