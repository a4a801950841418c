"""What a depth network says of a photo: all that fusion reads of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.errors import PhotoError
from worker.geometry.fuse.disparity import disparity_from_depth
from worker.geometry.point_map import depth_by_lens

Scale = Literal["affine", "relative", "metric"]
"""What is known of a and b in 1 / depth_mm = a * disparity + b: nothing; that b is 0; that a is 1 and b is 0."""

SAME_LENS = 1e-4
"""Focal lengths that differ by less than this part are the same, rounded on their way through degrees."""


@dataclass(frozen=True)
class Prediction:
    """A network's answer on the photo's grid (`grid_size_wh`).

    disparity: (H, W) float32, finite, larger is nearer; in 1 / mm where it is metric.
    scale: what is known of its scale and shift.
    mask: (H, W) bool, where the network vouches for it; None where it does everywhere.
    normals: (H, W, 3) float32, unit vectors out of the surface in the camera frame (x right, y down, z forward); NaN
        where there are none. None of a network that gives none.
    camera: the lens that it sees, as intrinsics of that grid; None of a network that sees none.
    """

    disparity: np.ndarray
    scale: Scale = "affine"
    mask: np.ndarray | None = None
    normals: np.ndarray | None = None
    camera: Intrinsics | None = None

    @property
    def known(self) -> np.ndarray:
        """(H, W) float32, the disparity; NaN where the network does not vouch for it."""
        known = np.isfinite(self.disparity) if self.mask is None else self.mask & np.isfinite(self.disparity)
        if self.scale != "affine":
            known &= self.disparity > 0
        return self.disparity if known.all() else np.where(known, self.disparity, np.float32(np.nan))


Predicted = Prediction | PhotoError
"""An answer, or why the photo cannot be used."""


def with_lens(prediction: Prediction, camera: Intrinsics, where: np.ndarray | None = None) -> Prediction:
    """The same point map seen by another lens; see `depth_by_lens` for what comes right by it, and what does not.

    A prediction of unknown shift, or without a lens, has no point map and stays as it is.

    Args:
        prediction: of any scale.
        camera: intrinsics of the prediction's grid.
        where: (H, W) bool, the part that has to fit, such as a person; all that the network vouches for where None.
    """
    own = prediction.camera
    if prediction.scale == "affine" or own is None or abs(own.fx - camera.fx) <= SAME_LENS * camera.fx:
        return prediction
    vouched = np.ones(prediction.disparity.shape, bool) if prediction.mask is None else prediction.mask
    known = vouched & (prediction.disparity > 0)
    depth = np.divide(1, prediction.disparity, out=np.full_like(prediction.disparity, np.nan), where=known)
    moved = depth_by_lens(depth, own, camera, where)
    seen = np.isfinite(moved)
    disparity = disparity_from_depth(moved, seen)
    return replace(prediction, disparity=disparity, mask=vouched & (seen | ~known), camera=camera)
