"""Rows of the linear equations of a fit: how what is seen moves with the unknowns, and by how much it is off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worker.head.fit.head_fit import HeadFit


@dataclass(frozen=True)
class Rows:
    """left @ unknowns = right, each row divided by its error.

    left: (R, U); right: (R,). The unknowns are a rotation vector (3), a shift in mm (3), the logarithm of the scale,
    then shape and expression.
    """

    left: np.ndarray
    right: np.ndarray

    @staticmethod
    def stacked(parts: Sequence[Rows]) -> Rows:
        """All rows of several."""
        return Rows(np.vstack([part.left for part in parts]), np.concatenate([part.right for part in parts]))

    @staticmethod
    def single(count: int, which: slice, weight: float, right: np.ndarray) -> Rows:
        """One row for each of some unknowns, of `count` in all: what it shall become, at that weight."""
        left = np.zeros((len(right), count))
        left[:, which] = weight * np.eye(len(right))
        return Rows(left, weight * right)


def moves_of(fit: HeadFit, points: np.ndarray, modes: np.ndarray, expressions: np.ndarray) -> np.ndarray:
    """How points move with each unknown.

    Args:
        fit: as it is.
        points: (N, 3) mm in the camera frame.
        modes, expressions: (K, N, 3) and (E, N, 3) of these points in the head's frame.
    Returns:
        (N, 3, U).
    """
    from_eyes = points - fit.shift_mm
    x, y, z = from_eyes.T
    zero = np.zeros_like(x)
    turning = np.array([[zero, z, -y], [-z, zero, x], [y, -x, zero]]).transpose(2, 0, 1)  # (N, 3, 3): axis k x point
    shifting = np.broadcast_to(np.eye(3), (len(points), 3, 3))
    bases = np.concatenate([modes, expressions]) @ (fit.scale * fit.rotation.T)  # (K + E, N, 3)
    return np.concatenate([turning, shifting, from_eyes[:, :, None], np.moveaxis(bases, 0, -1)], axis=-1)
