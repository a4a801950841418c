"""The pinhole camera that depth maps, point clouds and the viewer share.

Convention: camera frame x right, y down, z forward. Pixel (0, 0) is centred at (0, 0); u is the column, v the row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)
"""Of 35 mm film; the focal length as on such film keeps the diagonal angle of view (CIPA DCG-001-2018)."""


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera and the pixel grid that it belongs to; fx, fy, cx, cy are in pixels of that grid."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @classmethod
    def from_focal(cls, size_wh: tuple[int, int], focal_px: float) -> Intrinsics:
        """Square pixels and the principal point at the middle of the grid."""
        width, height = size_wh
        return cls(width, height, focal_px, focal_px, (width - 1) / 2, (height - 1) / 2)

    @property
    def fov_x_deg(self) -> float:
        """Horizontal field of view in degrees, edge to edge, of a camera whose principal point is in the middle."""
        return math.degrees(2 * math.atan(self.width / 2 / self.fx))

    def turned(self, quarters: int) -> Intrinsics:
        """The camera of the picture turned clockwise by so many quarter turns, itself turned about its axis."""
        camera = self
        for _ in range(quarters % 4):
            camera = Intrinsics(
                camera.height, camera.width, camera.fy, camera.fx, camera.height - 1 - camera.cy, camera.cx
            )
        return camera

    def resized(self, size_wh: tuple[int, int]) -> Intrinsics:
        """The same camera on another pixel grid over the same picture (pixel edges stay aligned)."""
        width, height = size_wh
        x, y = width / self.width, height / self.height
        return Intrinsics(width, height, self.fx * x, self.fy * y, (self.cx + 0.5) * x - 0.5, (self.cy + 0.5) * y - 0.5)


def unproject(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Lift a depth map to points in the camera frame (x right, y down, z forward).

    Args:
        depth: (H, W) float, any length unit; NaN where unknown.
        camera: intrinsics in pixels of that same H x W grid.
    Returns:
        (H, W, 3) float in depth's unit; NaN where depth is NaN.
    Raises:
        ValueError: depth is not (camera.height, camera.width).
    Source: pinhole model, Hartley & Zisserman, Multiple View Geometry, 2nd ed., ch. 6.
    """
    if depth.shape != (camera.height, camera.width):
        raise ValueError(f"depth is {depth.shape}, the camera's grid is ({camera.height}, {camera.width})")
    v, u = np.mgrid[: camera.height, : camera.width].astype(depth.dtype)
    return np.dstack([(u - camera.cx) * depth / camera.fx, (v - camera.cy) * depth / camera.fy, depth])


def pixels_at(uv: np.ndarray, camera: Intrinsics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixels nearest to places (P, 2) in pixels: rows and columns (P,), and which lie in the picture (P,) bool.

    Of a place beyond the picture it is the nearest pixel of the border.
    """
    u, v = np.rint(uv).astype(int).T
    inside = (u >= 0) & (v >= 0) & (u < camera.width) & (v < camera.height)
    return v.clip(0, camera.height - 1), u.clip(0, camera.width - 1), inside


def project(points: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Project points (..., 3) in the camera frame, z positive, to pixels: (..., 2) float u and v; NaN stays NaN.

    Source: pinhole model, Hartley & Zisserman, Multiple View Geometry, 2nd ed., ch. 6.
    """
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy], axis=-1)
