"""Hair as a part of the head: its texture is the head seen from above its crown, drawn apart to the neck all around.

A place in it is a direction from the middle of the skull: the angle from the crown is the distance from the texture's
middle, the face lies below.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from shared.cloud.camera import project
from shared.head.head import HeadPart
from worker.head.atlas import Atlas, sampled
from worker.head.bodies import Cover
from worker.head.fill import pull_push_box
from worker.head.fit.head_fit import HeadFit
from worker.head.meshes import vertex_normals
from worker.head.shapes import closed_mesh
from worker.head.sight import signed_distance
from worker.head.view import HeadView


@dataclass(frozen=True)
class HairTextureSettings:
    """Chosen by eye."""

    base_px: int = 320
    size_px: int = 1024
    middle_mm: tuple[float, float, float] = (0.0, -5.0, 85.0)  # of the skull, in the head's frame
    radius: float = 0.48  # of the texture, from the crown to straight below
    widest: float = 0.2  # triangle in the texture
    inner_px: float = 1.5  # the photo's own colours count from so far within the hair on
    square: float = 0.1  # least cosine between normal and ray where the photo counts, and ...
    full: float = 0.4  # ... where it counts fully
    strands: float = 16.0  # most of their strength, of 255
    strands_around: int = 900
    strands_down: int = 24


HAIR_TEXTURE = HairTextureSettings()


def hair_part(cover: Cover, view: HeadView, fit: HeadFit) -> HeadPart | None:
    """The hair as a mesh with a texture; None where nothing of it is left."""
    points, triangles = closed_mesh(cover)
    if len(triangles) < 50:
        return None
    own = fit.in_head_frame(points) - HAIR_TEXTURE.middle_mm
    uv = crown_uv(own)
    texture = _texture(points, triangles, np.linalg.norm(own, axis=1), uv, cover, view)
    vertices, faces, places = points.astype(np.float32), triangles.astype(np.int32), uv.astype(np.float32)
    return HeadPart("hair", vertices, faces, places, sampled(texture, uv), texture, {})


def crown_uv(own: np.ndarray) -> np.ndarray:
    """(N, 2) places in the texture of points (N, 3) about the middle of the skull, x to the left, y down, z back."""
    x, y, z = own.T
    angle = np.arctan2(np.hypot(x, z), -y) / np.pi  # 0 at the crown, 1 straight below
    around = np.hypot(x, z) + 1e-9
    return 0.5 + HAIR_TEXTURE.radius * angle[:, None] * np.column_stack([x, z]) / around[:, None]


def _texture(
    points: np.ndarray, triangles: np.ndarray, distance: np.ndarray, uv: np.ndarray, cover: Cover, view: HeadView
) -> np.ndarray:
    """(size, size, 3) uint8: the photo where it shows hair squarely; elsewhere its usual colours, with strands."""
    place, weight = _seen(points, triangles, distance, uv, cover, view)
    wide = (HAIR_TEXTURE.size_px,) * 2
    place, share = (np.asarray(cv2.resize(x, wide, interpolation=cv2.INTER_LINEAR)) for x in (place, weight))
    box = _box(share)
    place, own = view.in_photo(place[box]), share[box]
    photo = np.asarray(cv2.remap(view.pixels, place[..., 0], place[..., 1], cv2.INTER_LINEAR), np.float32)
    texture = _fill(photo, own, box, share.shape)
    texture[box] += own[..., None] * (photo - texture[box])
    return np.asarray(cv2.convertScaleAbs(np.maximum(texture, 0, out=texture)))


def _seen(
    points: np.ndarray, triangles: np.ndarray, distance: np.ndarray, uv: np.ndarray, cover: Cover, view: HeadView
) -> tuple[np.ndarray, np.ndarray]:
    """(h, w, 2) pixels of the view that the base texture's texels show, and (h, w) 0 to 1 how far they show hair."""
    whole = np.ptp(uv[triangles], axis=1).max(1) < HAIR_TEXTURE.widest  # (T,) not across the place straight below
    some = triangles[whole]
    atlas = Atlas.of(uv, some, (HAIR_TEXTURE.base_px,) * 2, some, rank=distance[some].mean(1))
    at, normals = np.split(atlas.spread(np.hstack([points, vertex_normals(points, triangles)])), 2, axis=2)
    facing = -(normals * at).sum(2) / np.maximum(np.linalg.norm(at, axis=2) * np.linalg.norm(normals, axis=2), 1e-6)
    place = project(at, view.camera).astype(np.float32)
    inside = -np.asarray(cv2.remap(signed_distance(cover.mask), place[..., 0], place[..., 1], cv2.INTER_LINEAR))
    weight = np.clip((facing - HAIR_TEXTURE.square) / (HAIR_TEXTURE.full - HAIR_TEXTURE.square), 0, 1)
    return place, (weight * np.clip(inside - HAIR_TEXTURE.inner_px, 0, 1) * atlas.covered).astype(np.float32)


def _box(share: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns that hold all that is above 0, from an even number to an even one."""
    x, y, width, height = cv2.boundingRect((share > 0).astype(np.uint8))
    return slice(y // 2 * 2, (y + height + 1) // 2 * 2), slice(x // 2 * 2, (x + width + 1) // 2 * 2)


def _fill(photo: np.ndarray, share: np.ndarray, box: tuple[slice, slice], size_hw: tuple[int, ...]) -> np.ndarray:
    """(h, w, 3) float32, what is usual among the colours that are seen in a box, with strands as strong as there."""
    known = share > 0.5
    if known.sum() < 50:
        known = share > 0
    if not known.any():
        return np.full((*size_hw, 3), 60.0, np.float32)
    usual = np.median(photo[known], axis=0)
    width = max(15.0, 1.5 * float(np.median(np.abs(photo[known] - usual).sum(1))))
    near = np.exp(-((np.abs(photo - usual).sum(2) / width) ** 2))
    filled = pull_push_box(photo, share * near, box, size_hw)
    rough = photo - cv2.GaussianBlur(photo, (0, 0), 3)
    strength = min(HAIR_TEXTURE.strands, float(rough[known].std()))
    filled += np.float32(strength) * _strands()[..., None]
    return filled


@cache
def _strands() -> np.ndarray:
    """(h, w) float16 of unit variance, lines that run from the crown down."""
    around, down, size = HAIR_TEXTURE.strands_around, HAIR_TEXTURE.strands_down, HAIR_TEXTURE.size_px
    noise = np.random.default_rng(0).normal(size=(down, around)).astype(np.float32)
    noise = np.hstack([noise, noise[:, :1]])
    row, column = np.mgrid[:size, :size].astype(np.float32)
    x, y = (column + 0.5) / size - 0.5, (row + 0.5) / size - 0.5
    angle = (np.arctan2(y, x) / (2 * np.pi) + 0.5) * around
    radius = np.hypot(x, y) / HAIR_TEXTURE.radius * (down - 1)
    found = np.asarray(cv2.remap(noise, angle, np.minimum(radius, down - 1), cv2.INTER_LINEAR))
    return (found / found.std()).astype(np.float16)
