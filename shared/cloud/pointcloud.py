"""The point cloud that crosses from worker to web, and its compact file format.

The cloud is *organized*: its points lie on a regular pixel grid of a pinhole camera, so that x and y follow from the
pixel and only depth has to be stored. The browser rebuilds points, and the triangles between neighbours, by itself.

File: b"RLF2", uint32 length of the header (little endian), the header as UTF-8 JSON, then one plane of bytes after
another in row-major order, each (height, width). The grid is the box round the points, cut out of the photo's. A value
is stored as its difference to the one on its left, modulo 2^16 (depth) or 2^8; the first of a row as it is. Surfaces
are smooth, so that most differences are small: gzip makes a third less of them than of the values.

    depth       two planes, low bytes and high bytes of a uint16: 0 where there is no point;
                else depth = near + (value - 1) / 65534 * (far - near)
    gray        0 far .. 255 near
    confidence  0 none .. 255 full
    rgb         three planes: all red, all green, all blue

Header: width, height, fx, fy, cx, cy (pixels of this grid), near, far (in unit), unit ("mm" or "relative"), and
uv_scale, uv_offset: pixel (u, v) here lies at (u, v) * uv_scale + uv_offset in the photo, as fractions of its size.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.cloud.camera import Intrinsics, unproject
from shared.errors import CloudFormatError

Unit = Literal["mm", "relative"]

MAGIC = b"RLF2"
DEPTH_STEPS = 65534
MAX_PIXELS = 4_000_000
BYTES_PER_PIXEL = 7


@dataclass(frozen=True)
class PointCloud:
    """An organized point cloud.

    depth: (H, W) float32 along the optical axis, in `unit`; NaN where there is no point.
    camera: intrinsics of this H x W grid, which covers the whole photo.
    gray: (H, W) uint8, lighter is nearer.
    rgb: (H, W, 3) uint8, the photo's colour.
    confidence: (H, W) uint8, 0 none to 255 full.
    """

    depth: np.ndarray
    camera: Intrinsics
    unit: Unit
    gray: np.ndarray
    rgb: np.ndarray
    confidence: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool, True where there is a point."""
        return np.isfinite(self.depth)

    @property
    def count(self) -> int:
        """Number of points."""
        return int(self.mask.sum())

    def points(self) -> np.ndarray:
        """(N, 3) float32 in the camera frame (x right, y down, z forward), row by row."""
        return unproject(self.depth, self.camera)[self.mask]

    def to_bytes(self) -> bytes:
        """The cloud in the compact file format.

        Raises:
            ValueError: the cloud has no points.
        """
        if not self.count:
            raise ValueError("a point cloud without points cannot be stored")
        box, left, top = self._box()
        near, far = float(np.nanmin(self.depth)), float(np.nanmax(self.depth))
        header = {
            "width": box[1].stop - left,
            "height": box[0].stop - top,
            "fx": self.camera.fx,
            "fy": self.camera.fy,
            "cx": self.camera.cx - left,
            "cy": self.camera.cy - top,
            "near": near,
            "far": far,
            "unit": self.unit,
            "uv_scale": [1 / self.camera.width, 1 / self.camera.height],
            "uv_offset": [(left + 0.5) / self.camera.width, (top + 0.5) / self.camera.height],
        }
        steps = np.rint((self.depth[box].astype(np.float64) - near) / ((far - near) or 1.0) * DEPTH_STEPS) + 1
        mask = self.mask[box]
        depth = _differences(np.where(mask, steps, 0).astype(np.uint16))
        planes = np.stack([self.gray, self.confidence, *np.moveaxis(self.rgb, -1, 0)])[:, *box]  # (5, h, w)
        rest = _differences(np.where(mask, planes, 0).astype(np.uint8))
        text = json.dumps(header).encode()
        body = [(depth & 255).astype(np.uint8), (depth >> 8).astype(np.uint8), rest]
        return b"".join([MAGIC, struct.pack("<I", len(text)), text, *(plane.tobytes() for plane in body)])

    def _box(self) -> tuple[tuple[slice, slice], int, int]:
        """Rows and columns from the first point to the last, and their left and top pixel."""
        rows, columns = (np.flatnonzero(self.mask.any(axis)) for axis in (1, 0))
        (top, bottom), (left, right) = ((int(some[0]), int(some[-1]) + 1) for some in (rows, columns))
        return (slice(top, bottom), slice(left, right)), left, top

    @classmethod
    def from_bytes(cls, data: bytes) -> PointCloud:
        """Read the compact file format.

        Raises:
            CloudFormatError: the bytes are not such a file, or are torn.
        """
        if data[:4] != MAGIC or len(data) < 8:
            raise CloudFormatError(f"expected a file that begins with {MAGIC!r}, got {data[:4]!r}")
        (header_size,) = struct.unpack_from("<I", data, 4)
        try:
            header = _Header.read(data[8 : 8 + header_size])
        except (ValueError, KeyError, TypeError, ZeroDivisionError, OverflowError) as error:
            raise CloudFormatError(f"the cloud's header cannot be read: {error}") from error
        header.check()
        width, height = header.size_wh
        body, count = data[8 + header_size :], width * height
        if len(body) != count * BYTES_PER_PIXEL:
            raise CloudFormatError(f"the cloud's planes have {len(body)} bytes, {count * BYTES_PER_PIXEL} expected")
        planes = np.frombuffer(body, np.uint8).reshape(BYTES_PER_PIXEL, height, width)
        steps = _sums(planes[0] | planes[1].astype(np.uint16) << 8).astype(np.float64)
        near, far = header.near, header.far
        depth = np.where(steps > 0, near + (steps - 1) / DEPTH_STEPS * (far - near), np.nan).astype(np.float32)
        gray, confidence, *rgb = (header.placed(plane, 0) for plane in _sums(planes[2:]))
        return cls(header.placed(depth, np.nan), header.camera, header.unit, gray, np.dstack(rgb), confidence)


@dataclass(frozen=True)
class _Header:
    """What a file says of its planes.

    size_wh: of the stored box; its upper left pixel lies at left, top in the grid of `camera`, which covers the photo.
    """

    size_wh: tuple[int, int]
    left: int
    top: int
    camera: Intrinsics
    near: float
    far: float
    unit: Unit

    @classmethod
    def read(cls, text: bytes) -> _Header:
        found = json.loads(text)
        whole = [round(1 / scale) for scale in found["uv_scale"]]
        left, top = (round(offset * size - 0.5) for offset, size in zip(found["uv_offset"], whole, strict=True))
        fx, fy, cx, cy, near, far = (float(found[name]) for name in ("fx", "fy", "cx", "cy", "near", "far"))
        unit: Unit = {"mm": "mm", "relative": "relative"}[found["unit"]]  # type: ignore[assignment]
        camera = Intrinsics(whole[0], whole[1], fx, fy, cx + left, cy + top)
        return cls((int(found["width"]), int(found["height"])), left, top, camera, near, far, unit)

    def check(self) -> None:
        """Refuse a size that would take too much memory, or a box that is none.

        Raises:
            CloudFormatError: says what is allowed.
        """
        (width, height), grid = self.size_wh, self.camera
        if min(width, height, grid.width, grid.height) < 1 or grid.width * grid.height > MAX_PIXELS:
            raise CloudFormatError(
                f"a cloud of {width} x {height} in {grid.width} x {grid.height} pixels; "
                f"at most {MAX_PIXELS} are allowed"
            )
        if not (0 <= self.left <= grid.width - width and 0 <= self.top <= grid.height - height):
            raise CloudFormatError(
                f"a box of {width} x {height} at ({self.left}, {self.top}) is not allowed in "
                f"{grid.width} x {grid.height} pixels"
            )

    def placed(self, plane: np.ndarray, outside: float) -> np.ndarray:
        """A plane (h, w) of the box on the whole grid (H, W)."""
        whole = np.full((self.camera.height, self.camera.width), outside, plane.dtype)
        whole[self.top : self.top + plane.shape[0], self.left : self.left + plane.shape[1]] = plane
        return whole


def _differences(planes: np.ndarray) -> np.ndarray:
    """Each value less the one on its left, modulo its type."""
    return np.diff(planes, axis=-1, prepend=planes.dtype.type(0))


def _sums(planes: np.ndarray) -> np.ndarray:
    """What `_differences` was made of."""
    return np.cumsum(planes, axis=-1, dtype=planes.dtype)
