"""The depth of a photo in which no face is found: what its network says, and nothing else."""

from __future__ import annotations

from typing import Any

from worker.depth.estimator import DepthMap, Photo
from worker.depth.prediction import Prediction, with_lens
from worker.geometry.fuse.disparity import depth_by_shift, depth_from_disparity, edge_confidence


def depth_map_alone(photo: Photo, prediction: Prediction, report: dict[str, Any]) -> DepthMap:
    """The depth of a photo by its prediction, as far as that goes.

    In mm by the word of a metric network; else relative, of an unknown shift by an assumed range, see
    `depth_from_disparity`. NaN where the network vouches for nothing. What is known of the photo's lens goes before the
    one that the network sees.
    """
    height, width = prediction.disparity.shape
    camera = photo.camera((width, height))
    prediction = with_lens(prediction, camera)
    disparity, metric, shift_known = prediction.known, prediction.scale == "metric", prediction.scale != "affine"
    return DepthMap(
        depth=depth_by_shift(disparity, metric=metric) if shift_known else depth_from_disparity(disparity),
        camera=camera,
        unit="mm" if metric else "relative",
        confidence=edge_confidence(disparity, shift_known=shift_known),
        report=report | photo.report(),
        disparity=disparity,
    )
