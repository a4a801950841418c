"""Where a depth map is torn: which neighbouring pixels lie on one surface.

A step between neighbours is a jump only if it is both large for its distance and steeper than a surface can look. The
slope is measured in space, `step * f / depth`: the tangent of the angle at which the surface leans away from the
viewer. So the rule follows distance and pixel size alike, and a steep but continuous cheek stays whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.pointcloud import Unit

GRAZING_SLOPE = math.tan(math.radians(82.0))
"""A sphere the size of a head leans more than 82 degrees only in the last millimetre before its outline."""
JUMP_RATIO = 0.02
"""The smallest jump, as a part of the depth: 12 mm at 60 cm, more than the height of a nostril or a lip."""
BRIDGED_RATIO = 0.12
"""In a body of known size, gaps no deeper than this part of the depth are closed: 7 cm at 60 cm. A nose that hides a
cheek, or a chin that hides a neck, leaves a steep wall instead of a hole to look through."""


@dataclass(frozen=True)
class Links:
    """Which neighbours lie on one surface.

    right: (H, W - 1) bool, pixel (v, u) with (v, u + 1).
    down: (H - 1, W) bool, pixel (v, u) with (v + 1, u).
    """

    right: np.ndarray
    down: np.ndarray


def jump_ratio(focal_px: float) -> float:
    """The largest depth step within one surface, as a part of the depth, between pixels side by side."""
    return max(JUMP_RATIO, GRAZING_SLOPE / focal_px)


def joined_ratio(camera: Intrinsics, unit: Unit, *, of_person: bool = True) -> float:
    """The largest depth step over which a cloud's surface goes on, as a part of the depth; the cloud carries it.

    In a scene of which no person is known, things stand before each other at any distance, also where it is in mm.
    """
    return max(jump_ratio(camera.fx), BRIDGED_RATIO if unit == "mm" and of_person else 0)


def same_surface(a: np.ndarray, b: np.ndarray, ratio: float) -> np.ndarray:
    """True where depths a and b differ by at most this part of the nearer one; False where either is NaN."""
    return np.abs(a - b) <= ratio * np.minimum(a, b)


def links_of(depth: np.ndarray, camera: Intrinsics) -> Links:
    """Find which neighbouring pixels of a depth map (H, W) lie on one surface."""
    return Links(
        right=same_surface(depth[:, :-1], depth[:, 1:], jump_ratio(camera.fx)),
        down=same_surface(depth[:-1], depth[1:], jump_ratio(camera.fy)),
    )
