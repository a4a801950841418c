"""A face found in a photo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from worker.person.pose import Pose, head_pose


@dataclass(frozen=True)
class Face:
    """A face found in a photo; all in the photo's pixels.

    landmarks: (468, 3) float64 u, v, z; z is nearer where smaller, of unknown origin.
    score: how sure the landmark network is that this is a face, 0 to 1.
    """

    landmarks: np.ndarray
    score: float

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks."""
        (left, top), (right, bottom) = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(left), float(top), float(right), float(bottom)

    @cached_property
    def middle(self) -> np.ndarray:
        """(2,) middle of the box."""
        left, top, right, bottom = self.box
        return np.array([left + right, top + bottom]) / 2

    @cached_property
    def side(self) -> float:
        """Longer side of the box."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    @cached_property
    def pose(self) -> Pose:
        """Which way the face looks; lengths in it are pixels."""
        return head_pose(self.landmarks)

    def scaled(self, scale_uv: tuple[float, float]) -> Face:
        """The same face on another pixel grid over the same picture (pixel edges stay aligned)."""
        u, v = scale_uv
        factors = np.array([u, v, (u + v) / 2])
        half = np.array([0.5, 0.5, 0])
        return Face((self.landmarks + half) * factors - half, self.score)
