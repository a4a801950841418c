"""Which point of a mesh each texel of its texture shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from worker.geometry.raster import fragments_of


@dataclass(frozen=True)
class Atlas:
    """The texels of a texture; those beside all triangles show what the nearest of them shows.

    triangle: (h, w) int; weights: (h, w, 3) barycentric; covered: (h, w) bool, texels within a triangle.
    """

    triangle: np.ndarray
    weights: np.ndarray
    covered: np.ndarray

    @classmethod
    def of(
        cls, uv: np.ndarray, triangles: np.ndarray, size_hw: tuple[int, int], rank: np.ndarray | None = None
    ) -> Atlas:
        """Texels of places (M, 2), 0..1 from left to right and from bottom to top, and triangles (T, 3) over them.

        Where triangles lie over one another a texel shows the one of the highest `rank` (T,).
        """
        height, width = size_hw
        parts = fragments_of(uv_to_texels(uv, size_hw), triangles, size_hw)
        order = np.arange(len(parts.pixel)) if rank is None else np.argsort(rank[parts.triangle], kind="stable")
        triangle, weights = np.full(height * width, -1), np.zeros((height * width, 3))
        triangle[parts.pixel[order]], weights[parts.pixel[order]] = parts.triangle[order], parts.weights[order]
        covered = (triangle >= 0).reshape(size_hw)
        row, column = ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True)
        return cls(triangle.reshape(size_hw)[row, column], weights.reshape(height, width, 3)[row, column], covered)

    def spread(self, values: np.ndarray, triangles: np.ndarray) -> np.ndarray:
        """(h, w, ...) float32, values (N, ...) of vertices at the texels; `triangles` (T, 3) over the vertices."""
        corners = triangles[self.triangle]  # (h, w, 3)
        plain = values.reshape(len(values), -1).astype(np.float32)
        mixed = sum(self.weights[..., k, None].astype(np.float32) * plain[corners[..., k]] for k in range(3))
        return np.asarray(mixed).reshape(*self.triangle.shape, *values.shape[1:])


def uv_to_texels(uv: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """(M, 2) column and row in texels of places in a texture; the upper left texel is centred at (0, 0)."""
    height, width = size_hw
    return np.column_stack([uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5])


def sampled(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(M, 3) uint8, the nearest texels of a texture (h, w, 3) at places (M, 2)."""
    height, width = texture.shape[:2]
    column, row = np.rint(uv_to_texels(uv, (height, width))).astype(int).T
    return texture[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
