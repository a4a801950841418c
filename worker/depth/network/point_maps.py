"""How a network that gives a point map, such as MoGe-2, is fed and read. Importing this imports no torch.

Source: microsoft/MoGe at 0744441, `forward` and `infer` of moge/model/v2.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from worker.depth.network.antialiasing import antialiased
from worker.depth.network.reading import Arrays
from worker.depth.network.resizing import Resize
from worker.depth.network.transforms import Normalisation
from worker.depth.prediction import Prediction
from worker.geometry.fuse.disparity import disparity_from_depth
from worker.geometry.point_map import camera_of, lens_and_shift

MM = 1000  # in a metre


@dataclass(frozen=True)
class PointMapReading:
    """Of a network that gives a metric point map with its mask, and normals where it has them.

    Its inputs are a picture and the photo's aspect ratio, width / height. Its outputs are points (3, h, w), of which
    (x, y, z) stand for (x e^z, y e^z, e^z), in the camera frame (x right, y down, z forward), of unknown shift along z;
    logits (h, w) of where there is something; metres in a unit of the points; and normals (3, h, w) of no fixed length.

    normalisation: how a photo becomes its input.
    patch_px: side of a token's part of the input.
    tokens: of a photo, about.
    """

    normalisation: Normalisation
    patch_px: int
    tokens: int

    @property
    def multiple_px(self) -> int | None:
        """See `Reading`."""
        return self.patch_px

    @property
    def export_key(self) -> Mapping[str, object]:
        """See `Reading`; an export takes any number of tokens."""
        return {"patch_px": self.patch_px}

    def with_tokens(self, tokens: int) -> PointMapReading:
        """See `Reading`."""
        return replace(self, tokens=tokens)

    def input_size_wh(self, photo_size_wh: tuple[int, int]) -> tuple[int, int]:
        """See `Reading`; the input has about the photo's aspect ratio."""
        aspect = _aspect(photo_size_wh)
        columns, rows = (max(1, round(math.sqrt(self.tokens * ratio))) for ratio in (aspect, 1 / aspect))
        return self.patch_px * columns, self.patch_px * rows

    def inputs(self, pixels: np.ndarray, input_wh: tuple[int, int]) -> Arrays:
        """See `Reading`."""
        height, width = pixels.shape[:2]
        planes = antialiased(pixels, input_wh).transpose(2, 0, 1)  # (3, h, w)
        return self.normalisation.of(planes), np.array(_aspect((width, height)), np.float32)

    def batch(self, pictures: np.ndarray) -> Arrays:
        """See `Reading`."""
        count, _, height, width = pictures.shape
        return pictures, np.full(count, _aspect((width, height)), np.float32)

    def prediction(self, outputs: Arrays, size_wh: tuple[int, int], resized: Resize) -> Prediction:
        """See `Reading`; the mask is what the network vouches for and lies in front of the camera."""
        raw_points, raw_logits, metres, *raw_normals = outputs
        points = _points(_on_grid(raw_points, size_wh, resized))
        vouched = resized(raw_logits, size_wh, "bilinear") > 0
        placed = lens_and_shift(points, vouched)
        with np.errstate(over="ignore"):
            depth_mm = (points[..., 2] + np.float32(placed.shift)) * (MM * metres)
        mask = vouched & (depth_mm > 0) & np.isfinite(depth_mm)
        return Prediction(
            disparity=disparity_from_depth(depth_mm, mask),
            scale="metric",
            mask=mask,
            normals=_unit(_on_grid(raw_normals[0], size_wh, resized), mask) if raw_normals else None,
            camera=camera_of(placed.focal, size_wh) if placed.seen else None,
        )


def _aspect(size_wh: tuple[int, int]) -> float:
    return size_wh[0] / size_wh[1]


def _on_grid(planes: np.ndarray, size_wh: tuple[int, int], resized: Resize) -> np.ndarray:
    """(H, W, C) of (C, h, w)."""
    return np.dstack([resized(plane, size_wh, "bilinear") for plane in planes])


def _points(raw: np.ndarray) -> np.ndarray:
    """Points (H, W, 3) of what stands for them; infinite where e^z is."""
    with np.errstate(over="ignore", invalid="ignore"):
        z = np.exp(raw[..., 2:])
        return np.concatenate([raw[..., :2] * z, z], -1)


def _unit(normals: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Normals (H, W, 3) of unit length; NaN outside of the mask, and where there is no direction."""
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    known = mask[..., None] & (length > 0)
    return np.divide(normals, length, out=np.full_like(normals, np.nan), where=known)
