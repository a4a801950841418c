"""The point cloud that crosses from worker to web, and its compact file format.

The cloud is *organized*: its points lie on a regular pixel grid of a pinhole camera, so that x and y follow from the
pixel and only depth has to be stored. The browser rebuilds points, and the triangles between neighbours, by itself.

File, little endian: b"RLF1", uint32 length of the header, the header as UTF-8 JSON, then one plane after another in
row-major order, each (height, width):

    depth       uint16   0 where there is no point; else depth = near + (value - 1) / 65534 * (far - near)
    gray        uint8    0 far .. 255 near
    confidence  uint8    0 none .. 255 full
    rgb         uint8    three planes: all red, all green, all blue (planes compress better than triples)

Header: width, height, fx, fy, cx, cy (pixels of this grid), near, far (in unit), unit ("mm" or "relative"), and
uv_scale, uv_offset: pixel (u, v) here lies at (u, v) * uv_scale + uv_offset in the photo, as fractions of its size.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.camera import Intrinsics, unproject
from shared.errors import CloudFormatError

Unit = Literal["mm", "relative"]

MAGIC = b"RLF1"
DEPTH_STEPS = 65534
MAX_PIXELS = 4_000_000


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
        near, far = float(np.nanmin(self.depth)), float(np.nanmax(self.depth))
        span = (far - near) or 1.0
        steps = np.rint((self.depth.astype(np.float64) - near) / span * DEPTH_STEPS) + 1
        quantised = np.where(self.mask, steps, 0).astype("<u2")
        header = json.dumps(
            {
                "width": self.camera.width,
                "height": self.camera.height,
                "fx": self.camera.fx,
                "fy": self.camera.fy,
                "cx": self.camera.cx,
                "cy": self.camera.cy,
                "near": near,
                "far": far,
                "unit": self.unit,
                "uv_scale": [1 / self.camera.width, 1 / self.camera.height],
                "uv_offset": [0.5 / self.camera.width, 0.5 / self.camera.height],
            }
        ).encode()
        hidden = ~self.mask
        planes = [quantised, *(np.where(hidden, 0, plane) for plane in (self.gray, self.confidence))]
        planes += [np.where(hidden, 0, self.rgb[..., channel]) for channel in range(3)]
        return b"".join([MAGIC, struct.pack("<I", len(header)), header, *(plane.tobytes() for plane in planes)])

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
            header = json.loads(data[8 : 8 + header_size])
            width, height = int(header["width"]), int(header["height"])
            camera = Intrinsics(width, height, *(float(header[name]) for name in ("fx", "fy", "cx", "cy")))
            near, far = float(header["near"]), float(header["far"])
            unit: Unit = {"mm": "mm", "relative": "relative"}[header["unit"]]  # type: ignore[assignment]
        except (ValueError, KeyError, TypeError) as error:
            raise CloudFormatError(f"the cloud's header cannot be read: {error}") from error
        pixels = width * height
        if min(width, height) < 1 or pixels > MAX_PIXELS:
            raise CloudFormatError(f"a cloud of {width} x {height} pixels; at most {MAX_PIXELS} are allowed")
        body = data[8 + header_size :]
        if len(body) != pixels * 7:
            raise CloudFormatError(f"the cloud's planes have {len(body)} bytes, {pixels * 7} expected")
        steps = np.frombuffer(body, "<u2", pixels).reshape(height, width).astype(np.float64)
        depth = np.where(steps > 0, near + (steps - 1) / DEPTH_STEPS * (far - near), np.nan).astype(np.float32)
        planes = np.frombuffer(body, np.uint8, pixels * 5, pixels * 2).reshape(5, height, width)
        return cls(depth, camera, unit, planes[0], np.moveaxis(planes[2:], 0, -1), planes[1])
