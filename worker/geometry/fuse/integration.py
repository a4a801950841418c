"""A function from its steps between neighbouring pixels: a screened Poisson equation on a surface with cuts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.fft import dctn, idctn, next_fast_len
from scipy.sparse.linalg import LinearOperator, cg

from worker.geometry.jumps import Links

ROUNDS = 8
"""Of conjugate gradients. On heads they end within 0.04 mm of the least squares: see `bench/README.md`."""
PRECISION = 1e-3
"""Relative: so small a residual ends them before."""


def integrated(right: np.ndarray, down: np.ndarray, links: Links, length_px: float) -> np.ndarray:
    """The function whose steps between linked neighbours are nearest to those given, and which is itself near 0.

    It minimises the sum of (step of c - step given)^2 over the links and of c^2 / length^2 over the pixels: steps of
    wavelengths below 2 pi lengths are followed, longer ones fade.

    Args:
        right: (H, W - 1) float32, pixel (v, u) to (v, u + 1).
        down: (H - 1, W) float32, pixel (v, u) to (v + 1, u).
        links: of neighbours; elsewhere no step is read, and the function may have any.
        length_px: of the screening, above 0.
    Returns:
        (H, W) float32, 0 where no link ends.
    Source: Bhat et al., Fourier Analysis of the 2D Screened Poisson Equation, ECCV 2008. The solution without cuts, by
        cosines, is the preconditioner.
    """
    grid = _Grid((down.shape[0] + 1, right.shape[1] + 1), links, 1 / length_px**2)
    wanted = grid.divergence(links.right * right, links.down * down)
    shape = (wanted.size,) * 2
    system, near = (LinearOperator(shape, matvec, dtype=np.float32) for matvec in (grid.system, grid.without_cuts))
    found, _ = cg(system, wanted.ravel(), rtol=PRECISION, maxiter=ROUNDS, M=near)
    return np.asarray(found.reshape(grid.size_hw))


@dataclass(frozen=True)
class _Grid:
    """The equation on a picture; functions are (H, W) or flat float32."""

    size_hw: tuple[int, int]
    links: Links
    screening: float

    def system(self, values: np.ndarray) -> np.ndarray:
        """The left side of the equation, flat."""
        c = values.reshape(self.size_hw)
        bent = self.divergence(self.links.right * np.diff(c, axis=1), self.links.down * np.diff(c, axis=0))
        return (bent + np.float32(self.screening) * c).ravel()

    def divergence(self, right: np.ndarray, down: np.ndarray) -> np.ndarray:
        """(H, W) float32, how much more steps lead into a pixel than out of it: the transposed of the steps."""
        total = np.zeros(self.size_hw, np.float32)
        total[:, :-1] -= right
        total[:, 1:] += right
        total[:-1] -= down
        total[1:] += down
        return total

    def without_cuts(self, values: np.ndarray) -> np.ndarray:
        """The solution, flat, where all neighbours are linked, on a grid that is a little larger and quick."""
        height, width = self.size_hw
        whole = np.zeros(self._stiffness.shape, np.float32)
        whole[:height, :width] = values.reshape(self.size_hw)
        found = idctn(dctn(whole, overwrite_x=True) / self._stiffness, overwrite_x=True)
        return np.asarray(found[:height, :width]).ravel()

    @cached_property
    def _stiffness(self) -> np.ndarray:
        """Eigenvalues of minus the 5-point Laplacian that goes on level beyond the border, and the screening."""
        rows, columns = (
            2 - 2 * np.cos(np.pi * np.arange(length) / length)
            for length in (next_fast_len(size, real=True) for size in self.size_hw)
        )
        return (rows[:, None] + columns + self.screening).astype(np.float32)
