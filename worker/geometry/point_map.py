"""The lens and the depth of a point map that is known up to a shift along the optical axis.

Convention: points (H, W, 3) in the camera frame, x right, y down, z forward, one unit; where they belong is z + shift.
A focal length is in half diagonals of the picture, so that it holds for a grid of any size: 1 sees 90 degrees from
corner to corner. Pixels are square, the principal point is in the middle.
Source: Wang et al., MoGe: Unlocking Accurate Monocular Geometry Estimation, CVPR 2025, section 3.2; `infer` of
microsoft/MoGe at 0744441, whose results these are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.optimize import least_squares

from shared.cloud.camera import Intrinsics, unproject
from worker.geometry.camera import camera_for

SAMPLES = 64
"""Rows and columns that are looked at, whatever the size of the map."""
LEAST_SAMPLES = 2
COST_TOLERANCE = 1e-3
"""Where the solver stops, as a part of its cost, as officially. A true minimum is no better: from points of true heads
(h0 to h7) with 1 % of smooth noise both give a focal length 2 % off before a wall, and 26 % off by the head alone."""
LEAST_FOCAL = 1e-3
"""In half diagonals; a focal length below it, or a negative one, is no lens: the points lie mirrored, or nowhere."""


@dataclass(frozen=True)
class LensAndShift:
    """What places a point map in front of the camera.

    focal: in half diagonals of the picture.
    shift: to be added to z, in the unit of the points.
    seen: False where the points tell no lens; the focal length is then the one that a photo without any is given.
    """

    focal: float
    shift: float
    seen: bool = True


def lens_and_shift(points: np.ndarray, mask: np.ndarray) -> LensAndShift:
    """The lens and the shift by which points fall nearest to their pixels.

    Args:
        points: (H, W, 3) float.
        mask: (H, W) bool, the points that count; of them only those that are finite, with z > 0.
    Returns:
        Both, or the lens of a photo of which nothing is known and the shift by it, where fewer than LEAST_SAMPLES
        samples count or the best lens has no positive focal length. The official code gives 1 and 0 in the first
        case and keeps the negative one in the second.
    """
    samples = _samples(points, mask)
    shift = _solved(samples, None)
    focal = samples.focal(shift) if samples.enough else 0.0
    if math.isfinite(shift) and math.isfinite(focal) and focal > LEAST_FOCAL:
        return LensAndShift(focal, shift)
    height, width = mask.shape
    assumed = focal_of(camera_for((width, height), (width, height)))
    return LensAndShift(assumed, shift_for(points, mask, assumed), seen=False)


def shift_for(points: np.ndarray, mask: np.ndarray, focal: float) -> float:
    """The shift by which points fall nearest to their pixels through a lens that is known, in half diagonals.

    Points and mask are as in `lens_and_shift`; it is 0 where fewer than LEAST_SAMPLES samples count.
    """
    shift = _solved(_samples(points, mask), focal)
    return shift if math.isfinite(shift) else 0.0


def camera_of(focal: float, size_wh: tuple[int, int]) -> Intrinsics:
    """The camera of a pixel grid over the whole picture, from its focal length in half diagonals."""
    return Intrinsics.from_focal(size_wh, focal * math.hypot(*size_wh) / 2)


def focal_of(camera: Intrinsics) -> float:
    """The focal length in half diagonals of the picture; where pixels are not quite square, the mean of both axes."""
    return (camera.fx + camera.fy) / math.hypot(camera.width, camera.height)


def depth_by_lens(
    depth: np.ndarray, seen_by: Intrinsics, camera: Intrinsics, where: np.ndarray | None = None
) -> np.ndarray:
    """The depth of the same points seen by another lens: moved along the axis to where they fall on their pixels.

    Sizes stay, so a lens twice as long moves all away by about the distance that it was at. What is not recoverable:
    one shift fits one distance, so parts that are nearer or farther keep some of the first lens's perspective; and
    where a wrong lens made all of a scene smaller, relief too, it stays too small.

    Args:
        depth: (H, W) float, NaN where unknown.
        seen_by: the lens that it was made with; and
        camera: the other; both of that grid.
        where: (H, W) bool, the part that has to fit; everything where None. Of a head before a wall, seen by a lens
            0.7 or 1.4 times as long, the distance is then 230 or 120 mm off, and 8 or 5 where the head has to fit.
    Returns:
        (H, W) float of depth's type; NaN also where nothing is left in front of the camera.
    """
    counts = np.isfinite(depth) if where is None else np.isfinite(depth) & where
    moved = depth + depth.dtype.type(shift_for(unproject(depth, seen_by), counts, focal_of(camera)))
    return np.where(moved > 0, moved, depth.dtype.type(np.nan))


@dataclass(frozen=True)
class _Samples:
    """xy (N, 2) and z (N,) of points, and where their pixels lie, uv (N, 2), in half diagonals; float64."""

    xy: np.ndarray
    z: np.ndarray
    uv: np.ndarray

    @property
    def enough(self) -> bool:
        return len(self.z) >= LEAST_SAMPLES

    def focal(self, shift: float) -> float:
        """The best focal length for a shift, in closed form."""
        seen = self._seen(shift)
        return float(np.sum(seen * self.uv) / max(np.sum(seen * seen), np.finfo(np.float64).tiny))

    def misses(self, shift: float, focal: float | None) -> np.ndarray:
        """(2 N,) how far points fall from their pixels, through the best lens where none is given."""
        best = self.focal(shift) if focal is None else focal
        return (best * self._seen(shift) - self.uv).ravel()

    def _seen(self, shift: float) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.xy / (self.z + shift)[:, None]


def _samples(points: np.ndarray, mask: np.ndarray) -> _Samples:
    """The points that count among SAMPLES rows and columns, each the nearest before its place."""
    height, width = mask.shape
    rows, columns = (np.arange(SAMPLES) * length // SAMPLES for length in (height, width))
    u, v = np.meshgrid((2 * columns + 1 - width), (2 * rows + 1 - height))
    uv = np.stack([u, v], axis=-1) / math.hypot(width, height)
    at = points[rows[:, None], columns].astype(np.float64)
    count = mask[rows[:, None], columns] & np.isfinite(at).all(axis=-1) & (at[..., 2] > 0)
    return _Samples(at[count][:, :2], at[count][:, 2], uv[count])


def _solved(samples: _Samples, focal: float | None) -> float:
    """The best shift, 0 where there are too few samples; rounded to float32, as the official code has it."""
    if not samples.enough:
        return 0.0
    solved = least_squares(
        lambda shift: samples.misses(float(shift[0]), focal), x0=0.0, ftol=COST_TOLERANCE, method="lm"
    )
    return float(np.float32(cast(np.ndarray, solved.x)[0]))
