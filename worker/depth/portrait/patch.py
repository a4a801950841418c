"""Finite differences of a depth map on the pixels of a mask, as sparse matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.grid import beside


@dataclass(frozen=True)
class Patch:
    """The pixels of a mask that have depth, and differences between them.

    mask: (H, W) bool, all N pixels.
    inner: (H, W) bool, the M of them whose four neighbours are in the mask too.
    right, down, here, laplacian: (M, N) sparse operators.
    """

    mask: np.ndarray
    inner: np.ndarray
    right: sparse.csr_matrix
    down: sparse.csr_matrix
    here: sparse.csr_matrix
    laplacian: sparse.csr_matrix

    def rays(self, camera: Intrinsics) -> np.ndarray:
        """(2, M) u and v of the inner pixels from the principal point."""
        v, u = np.nonzero(self.inner)
        return np.stack([u - camera.cx, v - camera.cy])

    def normals(self, depth: np.ndarray, rays: np.ndarray, focal_px: float) -> tuple[np.ndarray, np.ndarray]:
        """(M, 3) unit normals towards the camera of a depth (N,) seen in perspective, and their lengths before."""
        right, down = self.right @ depth, self.down @ depth
        along = -(self.here @ depth + rays[0] * right + rays[1] * down)
        normals = np.column_stack([focal_px * right, focal_px * down, along])
        lengths = np.linalg.norm(normals, axis=1)
        return normals / lengths[:, None], lengths

    def by_depth(self, by_normal: np.ndarray, rays: np.ndarray, focal_px: float) -> sparse.csr_matrix:
        """(M, N) derivatives by depth of something whose derivatives by the normal, not yet unit, are (M, 3)."""
        x, y, z = by_normal.T
        return (
            sparse.diags(focal_px * x - rays[0] * z) @ self.right
            + sparse.diags(focal_px * y - rays[1] * z) @ self.down
            - sparse.diags(z) @ self.here
        )


def patch_of(mask: np.ndarray) -> Patch:
    """The operators on a mask's pixels."""
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    inner = mask & ~beside(~np.pad(mask, 1))[1:-1, 1:-1]
    v, u = np.nonzero(inner)
    here, left, right, up, down = (index[v + dv, u + du] for dv, du in ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0)))

    def operator(*parts: tuple[np.ndarray, float]) -> sparse.csr_matrix:
        rows = np.tile(np.arange(len(v)), len(parts))
        values = np.concatenate([np.full(len(v), factor) for _, factor in parts])
        columns = np.concatenate([part for part, _ in parts])
        return sparse.csr_matrix((values, (rows, columns)), shape=(len(v), int(mask.sum())))

    return Patch(
        mask,
        inner,
        right=operator((right, 0.5), (left, -0.5)),
        down=operator((down, 0.5), (up, -0.5)),
        here=operator((here, 1.0)),
        laplacian=operator((here, -4.0), (left, 1.0), (right, 1.0), (up, 1.0), (down, 1.0)),
    )
