"""From the bytes of an .npz file, which may be hostile, to a point map that goes with its photo.

It holds, in the camera frame of OpenCV (x right, y down, z forward), as `infer` of MoGe and others give them:

- `points` (h, w, 3), or `depth` (h, w) along the optical axis; of both, the depth counts. What is not finite or not
  before the camera is nothing;
- `mask` (h, w), true where there is something;
- `normals` or `normal` (h, w, 3), out of the surface;
- `intrinsics` (3, 3), in parts of width and height or in pixels of the map: parts where both numbers of the principal
  point are below 1. Without them, points tell the lens; depth alone does not.

Axes of length 1 are dropped; other arrays are not looked at.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.errors import PointsError
from shared.maps.arrays import NUMBERS, ZIP_START, members_by_name, read_header, read_numbers
from shared.maps.checks import Kind, check_shape, check_size
from shared.maps.lens import camera_from_intrinsics, camera_from_points
from shared.maps.points import PointMap, PointsUnit
from shared.options import PHOTO_LIMIT_MP
from shared.photo.faults import refused_as

KIND = Kind("the point map", PointsError)
FLOATS = "f"
WITH_BOOL = NUMBERS + "b"
MM: Mapping[PointsUnit, float] = {"m": 1000.0, "mm": 1.0}
MEDIAN_MM = (10.0, 1e7)
"""What a metric map's median depth may be: a coin's distance to a skyline's."""
BY_MEDIAN = (1e-3, 1e6)
"""What is nearer or farther than this by the median depth is nothing."""
MOST_UNKNOWN = 0.95
"""Part of the map that may be empty: networks cut plain backgrounds away."""


def read_points(
    data: bytes, photo_size_wh: tuple[int, int], unit: PointsUnit = "m", *, limit_mp: float = PHOTO_LIMIT_MP
) -> PointMap:
    """Check and read a point map of a whole photo, upright like it.

    Args:
        data: the .npz file.
        photo_size_wh: width and height of the upright photo, pixels.
        unit: of points and depth.
        limit_mp: megapixels of the map, read from headers before anything is allocated.
    Raises:
        PointsError: no such file, too large or small, not of the photo's shape, damaged, without content, or of
            another camera frame.
    """
    with refused_as(KIND.error, KIND.title):
        if not data.startswith(ZIP_START):
            raise PointsError("this is no point map in an .npz file")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = _Arrays(archive, members_by_name(archive, KIND), photo_size_wh, limit_mp)
            return _point_map(arrays, unit)


@dataclass(frozen=True)
class _Arrays:
    """The arrays of the file, each read when it is asked for."""

    archive: zipfile.ZipFile
    named: dict[str, zipfile.ZipInfo]
    photo_size_wh: tuple[int, int]
    limit_mp: float

    def map(self, name: str, channels: tuple[int, ...] = (), types: str = NUMBERS) -> np.ndarray | None:
        """(h, w, *channels) of the photo's shape; None where the file has no array of that name."""

        def check(shape: tuple[int, ...], kind: Kind) -> None:
            if len(shape) < 2 or shape[2:] != channels:
                needs = ", ".join(map(str, ("height", "width", *channels)))
                raise PointsError(f"{kind.title} has the shape {shape}; it needs ({needs})")
            check_size((shape[1], shape[0]), self.limit_mp, kind)
            check_shape((shape[1], shape[0]), self.photo_size_wh, kind)

        return self._read(name, types, check)

    def matrix(self, name: str) -> np.ndarray | None:
        """(3, 3); None where the file has no array of that name."""

        def check(shape: tuple[int, ...], kind: Kind) -> None:
            if shape != (3, 3):
                raise PointsError(f"{kind.title} has the shape {shape}; it needs (3, 3)")

        return self._read(name, NUMBERS, check)

    def _read(self, name: str, types: str, check: Callable[[tuple[int, ...], Kind], None]) -> np.ndarray | None:
        if name not in self.named:
            return None
        kind = Kind(f"the point map's array {name}", PointsError)
        with self.archive.open(self.named[name]) as file:
            header = read_header(file, kind, types)
            check(header.shape, kind)
            return read_numbers(file, header, kind)


def _point_map(arrays: _Arrays, unit: PointsUnit) -> PointMap:
    depth, camera = _depth_and_camera(arrays)
    normals = arrays.map("normals", (3,), FLOATS)
    normals = arrays.map("normal", (3,), FLOATS) if normals is None else normals
    normals = _unit_vectors(_same_size(normals, "normals", depth), np.isfinite(depth))
    return PointMap(_in_unit(depth, unit), unit in MM, normals, camera)


def _depth_and_camera(arrays: _Arrays) -> tuple[np.ndarray, Intrinsics | None]:
    """Depth (h, w) in the file's unit, NaN where there is nothing; the lens by intrinsics, or else by points."""
    depth, intrinsics = arrays.map("depth"), arrays.matrix("intrinsics")
    points = arrays.map("points", (3,), FLOATS) if depth is None or intrinsics is None else None
    if depth is None:
        if points is None:
            raise PointsError("the .npz file has neither an array called points nor one called depth")
        depth = points[..., 2]
    depth = _known(depth.astype(np.float32), _same_size(arrays.map("mask", types=WITH_BOOL), "mask", depth))
    size_wh = depth.shape[1], depth.shape[0]
    if intrinsics is not None:
        return depth, camera_from_intrinsics(intrinsics, size_wh, arrays.photo_size_wh)
    points = _same_size(points, "points", depth)
    if points is not None:
        return depth, camera_from_points(points, np.isfinite(depth), arrays.photo_size_wh)
    return depth, None


def _same_size(array: np.ndarray | None, name: str, depth: np.ndarray) -> np.ndarray | None:
    if array is not None and array.shape[:2] != depth.shape:
        have, (height, width) = array.shape, depth.shape
        raise PointsError(
            f"the point map's array {name} has {have[1]} x {have[0]} pixels, its depth {width} x {height}; "
            "both have to be of one size"
        )
    return array


def _known(depth: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """(h, w) float32, NaN where there is nothing."""
    finite = np.isfinite(depth) if mask is None else np.isfinite(depth) & (mask > 0.5)
    if np.count_nonzero(finite & (depth < 0)) > np.count_nonzero(finite & (depth > 0)):
        raise PointsError("most of the point map lies behind the camera; z has to point forward, y down (OpenCV)")
    known = finite & (depth > 0)
    if known.any():
        nearest, farthest = (part * float(np.median(depth[known])) for part in BY_MEDIAN)
        known &= (depth >= nearest) & (depth <= farthest)
    nothing = 1 - float(known.mean())
    if nothing > MOST_UNKNOWN:
        raise PointsError(f"{nothing:.0%} of the point map is empty; at most {MOST_UNKNOWN:.0%} may be")
    if not np.min(depth[known]) < np.max(depth[known]):
        raise PointsError("the point map has the same depth everywhere")
    return np.where(known, depth, np.float32(np.nan))


def _in_unit(depth: np.ndarray, unit: PointsUnit) -> np.ndarray:
    """In mm, or where the unit is not known as a part of the median."""
    median = float(np.nanmedian(depth))
    if unit not in MM:
        return depth / np.float32(median)
    nearest, farthest = MEDIAN_MM
    if not nearest <= median * MM[unit] <= farthest:
        raise PointsError(
            f"the point map's median depth is {median:g} {unit}; {nearest / MM[unit]:g} to {farthest / MM[unit]:g} "
            "are possible: is it in another unit?"
        )
    return depth * np.float32(MM[unit])


def _unit_vectors(normals: np.ndarray | None, known: np.ndarray) -> np.ndarray | None:
    """(h, w, 3) float32 of unit length, NaN where there are none; None where there are none at all."""
    if normals is None:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.sqrt(np.einsum("hwc,hwc->hw", normals, normals))
    there = known & np.isfinite(length) & (length > 0)
    if not there.any():
        return None
    unit = normals / np.where(there, length, np.float32(np.nan))[..., None]
    if np.mean(unit[..., 2][there] > 0) > 0.5:
        raise PointsError("most normals point away from the camera; they have to point out of the surface, z forward")
    return unit
