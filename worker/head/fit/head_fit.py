"""The head model as it was fitted to a person in a photo."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.cloud.quarters import axes_turned
from worker.head.model.head_model import HeadModel

WORST_PARTS = 6.0
"""Error in mm, at the model's own size, from which on a fit is none: twice that of the worst of seventeen photos."""


@dataclass(frozen=True)
class HeadFit:
    """Pose, shape and expression of a head; a point p of the model lies at scale * rotation @ p + shift.

    rotation: (3, 3), from the head's frame to the camera's (x right, y down, z forward).
    shift_mm: (3,) the model's origin, the middle between the pupils.
    scale: of the model.
    shape: (K,) coefficients of the modes; expression: (E,) weights, 0 to 1.
    landmarks_mm: (468, 3) the landmarks of the photo's face in the camera frame, which it was fitted to.
    error_mm: root mean square distance that was left at the inner landmarks.
    """

    rotation: np.ndarray
    shift_mm: np.ndarray
    scale: float
    shape: np.ndarray
    expression: np.ndarray
    landmarks_mm: np.ndarray
    error_mm: float

    @property
    def good(self) -> bool:
        """False where the landmarks lie on no such head: what was found is no face, or one that is hidden or cut."""
        return self.error_mm <= WORST_PARTS * self.scale

    def vertices(self, model: HeadModel, *, neutral: bool = False) -> np.ndarray:
        """(N, 3) float32 mm in the camera frame, with the photo's expression or a neutral one."""
        expression = np.zeros_like(self.expression) if neutral else self.expression
        return self.placed(model.vertices(self.shape, expression))

    def sized(self, size: float) -> HeadFit:
        """The same head, that many times as large and as far away: the picture stays."""
        return replace(
            self,
            shift_mm=size * self.shift_mm,
            scale=size * self.scale,
            landmarks_mm=size * self.landmarks_mm,
            error_mm=size * self.error_mm,
        )

    def turned(self, quarters: int) -> HeadFit:
        """The same head in the picture turned clockwise by so many quarter turns."""
        turn = axes_turned(quarters)
        return replace(
            self,
            rotation=turn @ self.rotation,
            shift_mm=turn @ self.shift_mm,
            landmarks_mm=self.landmarks_mm @ turn.T,
        )

    def in_head_frame(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) mm of the camera frame in the model's own; the inverse of `placed`."""
        return np.asarray((points - self.shift_mm) @ self.rotation / self.scale)

    def placed(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) of the model's frame in the camera frame."""
        turned = self.scale * (points @ self.rotation.T)
        return (turned + self.shift_mm).astype(np.float32)
