"""What is seen of a person before anything is joined, on one grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.box import Box

ANALYSED_PX = 400
"""Long side of the grid on which a person is measured; the surface itself is made on the whole one."""

COARSE_SIGMA_PX = 3.0
"""A blur that is wider is made on a grid on which it is this wide."""


@dataclass(frozen=True)
class Sight:
    """A disparity map, and a person of whom landmarks say more.

    disparity: (H, W) float32, larger is nearer, of unknown scale; NaN where the network says nothing.
    face: (H, W) float32 mm, by landmarks; NaN beside the face, which is somewhere.
    bust: (H, W) float32 mm, what is likely for face, hair, neck and shoulders; NaN where nothing is known.
    person: (H, W) bool; holds the face.
    camera: of that grid.
    """

    disparity: np.ndarray
    face: np.ndarray
    bust: np.ndarray
    person: np.ndarray
    camera: Intrinsics

    @cached_property
    def on_face(self) -> np.ndarray:
        """(H, W) bool."""
        return np.isfinite(self.face)

    @cached_property
    def face_mm(self) -> float:
        """The face's median depth."""
        return float(np.nanmedian(self.face))

    @property
    def pixel_mm(self) -> float:
        """Width of a pixel at the face's depth."""
        return self.face_mm / self.camera.fx

    @cached_property
    def goal(self) -> np.ndarray:
        """(H, W) float mm, the face as it shall be: the bust's, which is rounded towards its rim; NaN beside it."""
        return np.where(self.on_face & np.isfinite(self.bust), self.bust, self.face)

    def thinned(self) -> Sight:
        """The same on a grid of every n-th pixel, whose long side has about ANALYSED_PX."""
        every = max(1, max(self.face.shape) // ANALYSED_PX)
        if every == 1:
            return self
        disparity, face, bust, person = (
            values[::every, ::every] for values in (self.disparity, self.face, self.bust, self.person)
        )
        if not np.isfinite(face).any():  # a face of a few pixels
            return self
        height, width = face.shape
        whole = self.camera
        camera = Intrinsics(width, height, *(of / every for of in (whole.fx, whole.fy, whole.cx, whole.cy)))
        return Sight(disparity, face, bust, person, camera)


def smooth_step(values: np.ndarray, start: float, width: float) -> np.ndarray:
    """0 up to the start, 1 from a width after it, smooth between."""
    t = np.clip((values - start) / width, 0, 1)
    return t * t * (3 - 2 * t)


def inside_px(mask: np.ndarray) -> np.ndarray:
    """(H, W) float32, how many pixels a pixel of a mask lies from what is not in it; 0 outside."""
    box = Box.round(mask)
    inside = cv2.distanceTransform(box.of(mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return box.put_into(mask.shape, inside, 0)


def mean_nearby(values: np.ndarray, at: np.ndarray, sigma_px: float) -> np.ndarray:
    """(H, W) float32, Gaussian mean of the values at some pixels, also beside them; far from them it is 0.

    A wide blur is made on a coarser grid.
    """
    height, width = values.shape
    shrink = max(1.0, sigma_px / COARSE_SIGMA_PX)
    size_wh = max(1, round(width / shrink)), max(1, round(height / shrink))
    sigma = max(0.5, sigma_px * size_wh[0] / width)
    weight, total = (
        cv2.GaussianBlur(cv2.resize(np.asarray(part, np.float32), size_wh, interpolation=cv2.INTER_AREA), (0, 0), sigma)
        for part in (at, np.where(at, values, np.float32(0)))
    )
    return cv2.resize(total / np.maximum(weight, 1e-4), (width, height), interpolation=cv2.INTER_CUBIC)
