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
    classes     the number of a class, an index into the header's `classes`

Header: width, height, fx, fy, cx, cy (pixels of this grid), near, far (in unit), unit ("mm" or "relative"),
uv_scale, uv_offset: pixel (u, v) here lies at (u, v) * uv_scale + uv_offset in the photo, as fractions of its size,
once the photo was turned clockwise by quarter_turns, 0 to 3, which set its person upright;
joined_ratio: neighbours are one surface if their depths differ by at most this part of the nearer one; and classes:
name and color ("#rrggbb") of each class, in the order of their numbers.

Files of Relief 0.1.0 lack joined_ratio; there it was 8 / fx, and in mm at least 0.12. They lack the classes too, header
and plane: of what their points show, nothing is known. Files without quarter_turns have none.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import COLOURS, PointClass
from shared.cloud.pointcloud import PointCloud, Unit
from shared.errors import CloudFormatError

MAGIC = b"RLF2"
DEPTH_STEPS = 65534
MAX_PIXELS = 4_000_000
BYTES_PER_PIXEL = 7  # without the plane of classes


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
    turns = {"quarters": cloud.quarters}
    text = _Header(rows, columns, cloud.camera, near, far, cloud.unit, cloud.joined_ratio, **turns).to_json()
    steps = np.rint((depth - near) / ((far - near) or 1.0) * DEPTH_STEPS) + 1
    steps = _differences(np.where(mask, steps, 0).astype(np.uint16))
    planes = np.stack([cloud.gray, cloud.confidence, *np.moveaxis(cloud.rgb, -1, 0), cloud.classes])[:, rows, columns]
    planes = _differences(np.where(mask, planes, 0).astype(np.uint8))
    body = [(steps & 255).astype(np.uint8), (steps >> 8).astype(np.uint8), planes]
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
        header = _Header.from_json(data[8 : 8 + header_size])
    except (ValueError, KeyError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise CloudFormatError(f"the cloud's header cannot be read: {error}") from error
    header.check()
    shape = (BYTES_PER_PIXEL + (header.class_count > 0), *header.size_hw)
    body = data[8 + header_size :]
    if len(body) != math.prod(shape):
        raise CloudFormatError(f"the cloud's planes have {len(body)} bytes, {math.prod(shape)} expected")
    planes = np.frombuffer(body, np.uint8).reshape(shape)
    steps = _sums(planes[0] | planes[1].astype(np.uint16) << 8).astype(np.float64)
    depth = header.near + (steps - 1) / DEPTH_STEPS * (header.far - header.near)
    bytewise = _sums(planes[2:])
    gray, confidence, *rgb = (header.placed(plane, 0) for plane in bytewise[:5])
    classes = _checked(bytewise[5], header.class_count) if header.class_count else _unknown(steps > 0)
    return PointCloud(
        depth=header.placed(np.where(steps > 0, depth, np.nan).astype(np.float32), np.nan),
        camera=header.camera,
        unit=header.unit,
        gray=gray,
        rgb=np.dstack(rgb),
        confidence=confidence,
        classes=header.placed(classes, 0),
        joined_ratio=header.joined_ratio,
        quarters=header.quarters,
    )


@dataclass(frozen=True)
class _Header:
    """What a file says of its planes: the box of rows and columns that they fill in the grid of the camera.

    class_count: how many classes there are; 0 where the file has no plane of them.
    """

    rows: slice
    columns: slice
    camera: Intrinsics
    near: float
    far: float
    unit: Unit
    joined_ratio: float
    class_count: int = len(PointClass)
    quarters: int = 0

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def to_json(self) -> bytes:
        camera, left, top = self.camera, self.columns.start, self.rows.start
        height, width = self.size_hw
        header = {
            "width": width,
            "height": height,
            "fx": camera.fx,
            "fy": camera.fy,
            "cx": camera.cx - left,
            "cy": camera.cy - top,
            "near": self.near,
            "far": self.far,
            "unit": self.unit,
            "uv_scale": [1 / camera.width, 1 / camera.height],
            "uv_offset": [(left + 0.5) / camera.width, (top + 0.5) / camera.height],
            "quarter_turns": self.quarters,
            "joined_ratio": self.joined_ratio,
            "classes": [{"name": each.word, "color": "#" + bytes(COLOURS[each]).hex()} for each in PointClass],
        }
        return json.dumps(header).encode()

    @classmethod
    def from_json(cls, text: bytes) -> _Header:
        found = json.loads(text)
        whole = [round(1 / scale) for scale in found["uv_scale"]]
        left, top = (round(offset * size - 0.5) for offset, size in zip(found["uv_offset"], whole, strict=True))
        fx, fy, cx, cy, near, far = (float(found[name]) for name in ("fx", "fy", "cx", "cy", "near", "far"))
        unit: Unit = {"mm": "mm", "relative": "relative"}[found["unit"]]  # type: ignore[assignment]
        before_it_was_stored = max(8 / fx, 0.12 if unit == "mm" else 0)
        return cls(
            rows=slice(top, top + int(found["height"])),
            columns=slice(left, left + int(found["width"])),
            camera=Intrinsics(whole[0], whole[1], fx, fy, cx + left, cy + top),
            near=near,
            far=far,
            unit=unit,
            joined_ratio=float(found.get("joined_ratio", before_it_was_stored)),
            class_count=len([each["name"] for each in found.get("classes", ())]),
            quarters=int(found.get("quarter_turns", 0)) % 4,
        )

    def check(self) -> None:
        """Refuse a size that would take too much memory, a box that is none, no joined points, and unknown classes.

        Raises:
            CloudFormatError: says what is allowed.
        """
        (height, width), grid = self.size_hw, self.camera
        if min(grid.width, grid.height) < 1 or grid.width * grid.height > MAX_PIXELS:
            raise CloudFormatError(
                f"a cloud of {grid.width} x {grid.height} pixels; at least one and at most {MAX_PIXELS} are allowed"
            )
        if not (_inside(self.rows, grid.height) and _inside(self.columns, grid.width)):
            raise CloudFormatError(
                f"a box of {width} x {height} at ({self.columns.start}, {self.rows.start}) is not allowed in "
                f"{grid.width} x {grid.height} pixels"
            )
        if not self.joined_ratio > 0:
            raise CloudFormatError(f"a joined_ratio of {self.joined_ratio} is not allowed; it has to be above 0")
        if self.class_count > len(PointClass):
            raise CloudFormatError(f"{self.class_count} classes; at most {len(PointClass)} are known")

    def placed(self, plane: np.ndarray, outside: float) -> np.ndarray:
        """A plane (h, w) of the box on the whole grid (H, W)."""
        whole = np.full((self.camera.height, self.camera.width), outside, plane.dtype)
        whole[self.rows, self.columns] = plane
        return whole


def _checked(classes: np.ndarray, count: int) -> np.ndarray:
    """The plane of classes as it is.

    Raises:
        CloudFormatError: a class is none of so many.
    """
    if classes.max() >= count:
        raise CloudFormatError(f"a point of class {classes.max()}; the highest is {count - 1}")
    return classes


def _unknown(mask: np.ndarray) -> np.ndarray:
    """The classes (h, w) of points of which none is known."""
    return np.where(mask, PointClass.OTHER, PointClass.BACKGROUND).astype(np.uint8)


def _span(indices: np.ndarray) -> slice:
    """From the first of ascending indices (N,) to the last."""
    return slice(int(indices[0]), int(indices[-1]) + 1)


def _inside(span: slice, size: int) -> bool:
    return 0 <= span.start < span.stop <= size


def _differences(planes: np.ndarray) -> np.ndarray:
    """Each value less the one on its left, modulo its type."""
    return np.diff(planes, axis=-1, prepend=planes.dtype.type(0))


def _sums(planes: np.ndarray) -> np.ndarray:
    """What `_differences` was made of."""
    return np.cumsum(planes, axis=-1, dtype=planes.dtype)
