"""A part of a picture: what something fills, so that work on it leaves out the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.cloud.camera import Intrinsics


@dataclass(frozen=True)
class Box:
    """The part [top, bottom) x [left, right) of a picture."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def round(cls, mask: np.ndarray, margin_px: int = 1, step_px: int = 1) -> Box:
        """What holds a mask (H, W) bool and so many pixels round it, as far as the picture goes; one pixel at least.

        With a margin of one what ends in the picture ends in the box too, and what the picture cuts, the box cuts. It
        begins and ends at multiples of the step, or where the picture ends: grids that are coarser by divisors of the
        step have the same pixels in the box as in the picture.
        """
        sides = []
        for size, axis in zip(mask.shape, (1, 0), strict=True):
            begin, end = _span(np.any(mask, axis))
            begin, end = (begin - margin_px) // step_px * step_px, -(-(end + margin_px) // step_px) * step_px
            sides += [max(0, begin), min(size, end)]
        return cls(*sides)

    @property
    def window(self) -> tuple[slice, slice]:
        """The index of that part in an (H, W, ...) array."""
        return np.s_[self.top : self.bottom, self.left : self.right]

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    def of(self, picture: np.ndarray) -> np.ndarray:
        """That part of an (H, W, ...) array, as a view."""
        return picture[self.window]

    def of_camera(self, camera: Intrinsics) -> Intrinsics:
        """The camera of that part of a picture."""
        height, width = self.size_hw
        return replace(camera, width=width, height=height, cx=camera.cx - self.left, cy=camera.cy - self.top)

    def put_into(self, size_hw: tuple[int, ...], part: np.ndarray, beside: float) -> np.ndarray:
        """(H, W) a picture of that size, of the type of this part (h, w) of it and one value beside the part."""
        whole = np.full(size_hw, beside, part.dtype)
        self.of(whole)[:] = part
        return whole


def _span(there: np.ndarray) -> tuple[int, int]:
    """From the first to behind the last of what is there (N,); the first alone where nothing is."""
    indices = np.flatnonzero(there)
    return (int(indices[0]), int(indices[-1]) + 1) if len(indices) else (0, 1)
