"""Which point of a mesh each texel of its texture shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse

from worker.geometry.raster import fragments_of


@dataclass(frozen=True)
class Atlas:
    """The texels of a texture; those beside all triangles show what the nearest of them shows.

    texels: (h * w, N) sparse float32, what each texel shows of vertices' values; covered: (h, w) bool, texels within a
    triangle.
    """

    texels: sparse.csr_array
    covered: np.ndarray

    @classmethod
    def of(
        cls,
        uv: np.ndarray,
        uv_triangles: np.ndarray,
        size_hw: tuple[int, int],
        triangles: np.ndarray,
        rank: np.ndarray | None = None,
    ) -> Atlas:
        """Texels of places (M, 2), 0..1 from left to right and from bottom to top.

        Args:
            uv: the places.
            uv_triangles: (T, 3) over them.
            size_hw: of the texture.
            triangles: (T, 3), the same over the vertices.
            rank: (T,), where triangles lie over one another a texel shows the one of the highest.
        """
        height, width = size_hw
        parts = fragments_of(uv_to_texels(uv, size_hw), uv_triangles, size_hw)
        order = np.arange(len(parts.pixel)) if rank is None else np.argsort(rank[parts.triangle], kind="stable")
        fragment = np.full(height * width, -1)
        fragment[parts.pixel[order]] = order
        covered = (fragment >= 0).reshape(size_hw)
        row, column = ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True)
        shown = fragment.reshape(size_hw)[row, column].ravel()
        weights, corners = parts.weights[shown].astype(np.float32), triangles[parts.triangle[shown]].astype(np.int32)
        starts = np.arange(0, 3 * len(shown) + 1, 3, dtype=np.int32)
        shape = len(shown), int(triangles.max()) + 1
        return cls(sparse.csr_array((weights.ravel(), corners.ravel(), starts), shape), covered)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """(h, w, ...) float32, values (N, ...) of vertices at the texels."""
        plain = values.reshape(len(values), -1).astype(np.float32)[: self.texels.shape[1]]
        return np.asarray(self.texels @ plain).reshape(*self.covered.shape, *values.shape[1:])


def uv_to_texels(uv: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """(M, 2) column and row in texels of places in a texture; the upper left texel is centred at (0, 0)."""
    height, width = size_hw
    return np.column_stack([uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5])


def sampled(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(M, 3) uint8, the nearest texels of a texture (h, w, 3) at places (M, 2)."""
    height, width = texture.shape[:2]
    column, row = np.rint(uv_to_texels(uv, (height, width))).astype(int).T
    return texture[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
