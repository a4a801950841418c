"""A network's second view of a face, cropped and so at a larger scale, joined into its view of the whole photo."""

from __future__ import annotations

from dataclasses import replace

from worker.depth.prediction import Prediction
from worker.geometry.fuse.focus import Box, fused_disparity


def with_detail(whole: Prediction, detail: Prediction, box: Box) -> Prediction:
    """The prediction of a photo, and in a box of its grid what the network said of that part alone."""
    disparity = fused_disparity(whole.disparity, detail.disparity, box)
    if disparity is None:  # the two contradict each other
        return whole
    return replace(whole, disparity=disparity)
