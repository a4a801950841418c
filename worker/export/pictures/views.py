"""The pictures' files: views from many sides in one image, and one image for link previews."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from shared.turntable import HEAD_TURNTABLE, PREVIEW_SIZE_WH, SURFACE_TURNTABLE, Turntable
from worker.export.head.source import HeadSource
from worker.export.pictures.render import GROUND, Surface, View, rendered
from worker.export.pictures.surfaces import surface_of_head
from worker.export.source import Source

TURNTABLE_QUALITY, PREVIEW_QUALITY = 75, 88
MARGIN = 1.06  # of what is in view, round the model
LARGEST_MM = 430.0  # in view, from top to bottom: a head and shoulders; the rest of a body is cut off below
AXIS_BEHIND_MM = 95.0  # what is most in front: there is the middle of a head
PREVIEW_GAP_PX = 12  # between its three pictures
PREVIEW_YAW_DEG = -30.0


def turntable_jpg(source: Source) -> bytes:
    """The visible surface, turned from one side to the other."""
    return _jpg(turned(source.drawn, SURFACE_TURNTABLE), TURNTABLE_QUALITY)


def head_turntable_jpg(source: HeadSource) -> bytes:
    """The whole head, turned all around."""
    return _jpg(turned(surface_of_head(source), HEAD_TURNTABLE), TURNTABLE_QUALITY)


def preview_jpg(source: Source) -> bytes:
    """Photo, depth map and surface side by side, of PREVIEW_SIZE_WH pixels."""
    width, height = PREVIEW_SIZE_WH
    surface, size_wh = source.drawn, ((width - 2 * PREVIEW_GAP_PX) // 3, height)
    view = framed(surface, PREVIEW_YAW_DEG, size_wh)
    gray = cv2.cvtColor(np.where(source.cloud.mask, source.cloud.gray, GROUND), cv2.COLOR_GRAY2RGB)
    pictures = [_same_part(source, picture, view) for picture in (source.pixels, gray)]
    gap = np.full((height, PREVIEW_GAP_PX, 3), GROUND, np.uint8)
    return _jpg(np.hstack([pictures[0], gap, pictures[1], gap, rendered(surface, view)]), PREVIEW_QUALITY)


def turned(surface: Surface, turntable: Turntable) -> np.ndarray:
    """(rows * height, columns * width, 3) uint8, all views of a turntable."""
    front = framed(surface, 0.0, (turntable.width_px, turntable.height_px))
    views = [rendered(surface, replace(front, yaw_deg=yaw)) for yaw in turntable.yaws_deg]
    columns = turntable.columns
    return np.vstack([np.hstack(views[first : first + columns]) for first in range(0, len(views), columns)])


def framed(surface: Surface, yaw_deg: float, size_wh: tuple[int, int]) -> View:
    """The view at that yaw in which the model fills the picture, or its upper LARGEST_MM do."""
    if not len(surface.vertices):
        return View(yaw_deg, np.array([0.0, 0.0, -1.0]), 1.0, size_wh)  # there is nothing to see
    low, high = surface.vertices.min(0), surface.vertices.max(0)
    size, ratio = high - low, size_wh[0] / size_wh[1]
    span = min(MARGIN * max(size[1], size[0] / ratio), LARGEST_MM)
    cut_off = size[1] > span / MARGIN
    middle = np.array(
        [
            np.median(surface.vertices[:, 0]),
            high[1] - span / MARGIN / 2 if cut_off else (low[1] + high[1]) / 2,
            high[2] - min(AXIS_BEHIND_MM, size[2] / 2),
        ]
    )
    return View(yaw_deg, middle, span, size_wh)


def _same_part(source: Source, picture: np.ndarray, view: View) -> np.ndarray:
    """The part of a picture of the whole photo (H, W, 3), of any size, that a view shows: (height, width, 3) uint8."""
    camera, (width, height) = source.cloud.camera, view.size_wh
    x, y, z = view.middle / source.mm_per_unit * [1, -1, -1]
    scale = picture.shape[1] / camera.width * view.span / source.mm_per_unit * camera.fx / z / height
    middle = np.array([camera.cx + camera.fx * x / z, camera.cy + camera.fy * y / z]) + 0.5
    u, v = middle * picture.shape[1] / camera.width - 0.5
    part = np.array([[scale, 0, u - scale * width / 2], [0, scale, v - scale * height / 2]])
    small = cv2.GaussianBlur(picture, (0, 0), scale / 2) if scale > 1 else picture
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, part, (width, height), flags=how, borderValue=(GROUND,) * 3))


def _jpg(picture: np.ndarray, quality: int) -> bytes:
    how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), how)[1])
