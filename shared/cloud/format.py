"""The compact file format of a point cloud, cloud.rlf; shared/viewer/js/cloud.js reads it in the browser.

File: b"RLF2", uint32 length of the header (little endian), the header as UTF-8 JSON, then one plane of bytes after
another in row-major order, each (height, width). The grid is the box round the points, cut out of the photo's. A value
is stored as its difference to the one on its left, modulo 2^16 (depth) or 2^8; the first of a row as it is. Surfaces
are smooth, so that most differences are small: gzip makes a third less of them than of the values.

    depth       two planes, low bytes and high bytes of a uint16: 0 where there is no point;
                else depth = near + (value - 1) / 65534 * (far - near)
    gray        0 far .. 255 near
    confidence  0 none .. 255 full
    rgb         three planes: all red, all green, all blue

Header: width, height, fx, fy, cx, cy (pixels of this grid), near, far (in unit), unit ("mm" or "relative"),
uv_scale, uv_offset: pixel (u, v) here lies at (u, v) * uv_scale + uv_offset in the photo, as fractions of its size,
and joined_ratio: neighbours are one surface if their depths differ by at most this part of the nearer one. Files of
Relief 0.1.0 lack it; there it was 8 / fx, and in mm at least 0.12.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.pointcloud import PointCloud, Unit
from shared.errors import CloudFormatError

MAGIC = b"RLF2"
DEPTH_STEPS = 65534
MAX_PIXELS = 4_000_000
BYTES_PER_PIXEL = 7


def bytes_from_cloud(cloud: PointCloud) -> bytes:
    """Write a cloud in the compact format.

    Raises:
        ValueError: the cloud has no points.
    """
    if not cloud.count:
        raise ValueError("a point cloud without points cannot be stored")
    rows, columns = (_span(np.flatnonzero(cloud.mask.any(axis))) for axis in (1, 0))
    mask, depth = cloud.mask[rows, columns], cloud.depth[rows, columns].astype(np.float64)
    near, far = float(np.nanmin(depth)), float(np.nanmax(depth))
    steps = np.rint((depth - near) / ((far - near) or 1.0) * DEPTH_STEPS) + 1
    low_high = _differences(np.where(mask, steps, 0).astype(np.uint16))  # (h, w)
    planes = np.stack([cloud.gray, cloud.confidence, *np.moveaxis(cloud.rgb, -1, 0)])[:, rows, columns]  # (5, h, w)
    rest = _differences(np.where(mask, planes, 0).astype(np.uint8))
    text = _header_text(cloud, rows, columns, near, far)
    body = [(low_high & 255).astype(np.uint8), (low_high >> 8).astype(np.uint8), rest]
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *(plane.tobytes() for plane in body)])


def cloud_from_bytes(data: bytes) -> PointCloud:
    """Read a cloud from the compact format.

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
    return PointCloud(
        depth=header.placed(depth, np.nan),
        camera=header.camera,
        unit=header.unit,
        gray=gray,
        rgb=np.dstack(rgb),
        confidence=confidence,
        joined_ratio=header.joined_ratio,
    )


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
    joined_ratio: float

    @classmethod
    def read(cls, text: bytes) -> _Header:
        found = json.loads(text)
        whole = [round(1 / scale) for scale in found["uv_scale"]]
        left, top = (round(offset * size - 0.5) for offset, size in zip(found["uv_offset"], whole, strict=True))
        fx, fy, cx, cy, near, far = (float(found[name]) for name in ("fx", "fy", "cx", "cy", "near", "far"))
        unit: Unit = {"mm": "mm", "relative": "relative"}[found["unit"]]  # type: ignore[assignment]
        camera = Intrinsics(whole[0], whole[1], fx, fy, cx + left, cy + top)
        before_it_was_stored = max(8 / fx, 0.12 if unit == "mm" else 0)
        joined_ratio = float(found.get("joined_ratio", before_it_was_stored))
        return cls((int(found["width"]), int(found["height"])), left, top, camera, near, far, unit, joined_ratio)

    def check(self) -> None:
        """Refuse a size that would take too much memory, a box that is none, and a surface without joined points.

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
        if not self.joined_ratio > 0:
            raise CloudFormatError(f"a joined_ratio of {self.joined_ratio} is not allowed; it has to be above 0")

    def placed(self, plane: np.ndarray, outside: float) -> np.ndarray:
        """A plane (h, w) of the box on the whole grid (H, W)."""
        whole = np.full((self.camera.height, self.camera.width), outside, plane.dtype)
        whole[self.top : self.top + plane.shape[0], self.left : self.left + plane.shape[1]] = plane
        return whole


def _header_text(cloud: PointCloud, rows: slice, columns: slice, near: float, far: float) -> bytes:
    camera, left, top = cloud.camera, columns.start, rows.start
    header = {
        "width": columns.stop - left,
        "height": rows.stop - top,
        "fx": camera.fx,
        "fy": camera.fy,
        "cx": camera.cx - left,
        "cy": camera.cy - top,
        "near": near,
        "far": far,
        "unit": cloud.unit,
        "uv_scale": [1 / camera.width, 1 / camera.height],
        "uv_offset": [(left + 0.5) / camera.width, (top + 0.5) / camera.height],
        "joined_ratio": cloud.joined_ratio,
    }
    return json.dumps(header).encode()


def _span(indices: np.ndarray) -> slice:
    """From the first of ascending indices (N,) to the last."""
    return slice(int(indices[0]), int(indices[-1]) + 1)


def _differences(planes: np.ndarray) -> np.ndarray:
    """Each value less the one on its left, modulo its type."""
    return np.diff(planes, axis=-1, prepend=planes.dtype.type(0))


def _sums(planes: np.ndarray) -> np.ndarray:
    """What `_differences` was made of."""
    return np.cumsum(planes, axis=-1, dtype=planes.dtype)
