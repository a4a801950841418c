"""What a depth network says of a photo: all that fusion reads of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.errors import PhotoError

Scale = Literal["affine", "relative", "metric"]
"""What is known of a and b in 1 / depth_mm = a * disparity + b: nothing; that b is 0; that a is 1 and b is 0."""


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


Predicted = Prediction | PhotoError
"""An answer, or why the photo cannot be used."""
