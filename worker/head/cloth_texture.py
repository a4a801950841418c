"""Clothes as a part of the head: their texture has two halves, the photo and the back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import project
from shared.cloud.classes import PointClass
from shared.head.head import HeadPart
from worker.head.atlas import sampled
from worker.head.bodies import Cover
from worker.head.fill import pull_push
from worker.head.shapes import closed_mesh
from worker.head.sight import signed_distance
from worker.head.view import HeadView


@dataclass(frozen=True)
class ClothSettings:
    """Chosen by eye."""

    texture_px: int = 512  # of each half, on its longer side
    inner_px: float = 2.0  # the photo's own colours count from so far within the outline on
    band: float = 0.06  # of the texture's side: the outline's colours, which the back has
    neck: float = 0.12  # of the texture's side: so near to skin collars are, whose colours the back has less of
    margin_px: int = 4


CLOTH = ClothSettings()


def clothes_part(cover: Cover, view: HeadView) -> HeadPart | None:
    """The body as a mesh with a texture; None where nothing of it is left."""
    points, triangles = closed_mesh(cover)
    if len(triangles) < 50:
        return None
    box = _box(project(points, view.camera), view)
    front, back = _colours(view, cover.mask, box)
    texture = np.vstack([front, back])  # the photo above
    vertices, faces, uv = _unfolded(points, triangles, view, box)
    return HeadPart(
        "clothes",
        vertices.astype(np.float32),
        faces.astype(np.int32),
        uv.astype(np.float32),
        sampled(texture, uv),
        texture,
        {},
    )


@dataclass(frozen=True)
class _Box:
    """Columns and rows of the view that a texture shows, (2,) first ones and (2,) how many, float pixels."""

    first: np.ndarray
    size: np.ndarray

    @property
    def texels_wh(self) -> tuple[int, int]:
        width, height = np.maximum(np.rint(self.size * CLOTH.texture_px / self.size.max()), 8).astype(int)
        return int(width), int(height)


def _box(uv: np.ndarray, view: HeadView) -> _Box:
    low = np.floor(uv.min(0)) - CLOTH.margin_px
    return _Box(low, np.ceil(uv.max(0)) + CLOTH.margin_px - low)


def _colours(view: HeadView, mask: np.ndarray, box: _Box) -> tuple[np.ndarray, np.ndarray]:
    """(h, w, 3) uint8 each: what the photo shows of the body, filled in beside it; and the back."""
    width, height = box.texels_wh
    u = box.first[0] + (np.arange(width, dtype=np.float32) + 0.5) / width * box.size[0]
    v = box.first[1] + (np.arange(height, dtype=np.float32) + 0.5) / height * box.size[1]
    grid = np.stack(np.meshgrid(u, v), -1).astype(np.float32)
    at = view.in_photo(grid)
    photo = np.asarray(cv2.remap(view.pixels, at[..., 0], at[..., 1], cv2.INTER_AREA), np.float32)
    own = np.clip(_inside(mask, grid) - CLOTH.inner_px, 0, 1)
    if own.max() <= 0:
        own = np.clip(_inside(mask, grid), 0, 1)
    front = pull_push(photo, own)
    cloth = mask & ~view.shows(PointClass.SKIN)
    rim = _inside(view.person, grid) / max(1.0, CLOTH.band * float(box.size.max()))
    neck = _inside(~view.shows(PointClass.SKIN), grid) / max(1.0, CLOTH.neck * float(box.size.max()))
    band = own * np.clip(neck, 0, 1) * np.clip(_inside(cloth, grid) - CLOTH.inner_px, 0, 1) * np.clip(2 - rim, 0, 1)
    back = pull_push(front, band if band.max() > 0 else own)
    return tuple(np.clip(np.rint(each), 0, 255).astype(np.uint8) for each in (front, back))


def _inside(mask: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """(h, w) float32 px within a mask (H, W), 0 beside it, at pixels (h, w, 2)."""
    return np.maximum(-np.asarray(cv2.remap(signed_distance(mask), grid[..., 0], grid[..., 1], cv2.INTER_LINEAR)), 0)


def _unfolded(
    points: np.ndarray, triangles: np.ndarray, view: HeadView, box: _Box
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, triangles and places in the texture; vertices between both halves stand twice."""
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    behind = (np.cross(b - a, c - a) * (a + b + c)).sum(1) > 0  # (T,)
    keys, faces = np.unique(triangles + behind[:, None] * len(points), return_inverse=True)
    vertex, half = keys % len(points), keys // len(points)
    share = (project(points[vertex], view.camera) + 0.5 - box.first) / box.size
    share = np.clip(share, 0, 1)
    v = np.where(half == 0, 1 - share[:, 1] / 2, 0.5 - share[:, 1] / 2)
    return points[vertex], faces.reshape(-1, 3), np.column_stack([share[:, 0], v])
