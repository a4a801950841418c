"""The rotation from which a model is looked at."""

from __future__ import annotations

import numpy as np


def rotation(yaw_deg: float, pitch_deg: float = 0.0) -> np.ndarray:
    """(3, 3) float64: turns a column of x, y, z about the vertical, which is y, then about x, right in the picture."""
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(about_x @ about_y)
