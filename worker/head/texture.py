"""The skin's texture: the photo where it is seen squarely, the other side's mirror image, else filled in.

The photo's own light is estimated from how brightness varies with the skin's direction, and toned down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy import ndimage

from shared.cloud.camera import project
from shared.cloud.classes import PointClass
from worker.geometry.raster import rasterise
from worker.head.atlas import Atlas
from worker.head.fill import pull_push
from worker.head.meshes import vertex_normals
from worker.head.model.head_model import HeadModel
from worker.head.skin import fine_skin
from worker.head.view import HeadView
from worker.person.landmarks import LANDMARKS


@dataclass(frozen=True)
class TextureSettings:
    """Chosen by eye on photos and on heads h0 to h7."""

    base_px: int = 512  # of the texture in which colours are matched and filled
    large_px: int = 1536  # of the texture of a face that is large in the photo ...
    small_px: int = 1024  # ... and of others
    large_face_px: float = 300.0  # between the face's sides, in the photo
    grid_px: int = 512  # of what hides what
    hidden_mm: float = 3.0
    square: float = 0.15  # least cosine between normal and ray where the photo counts, and ...
    full: float = 0.5  # ... where it counts fully
    border_px: float = 5.0  # within it of other classes the photo fades out
    light: float = 0.7  # share of the photo's light that is taken away
    light_most: float = 0.7  # largest change, as a natural logarithm
    stubble: float = 0.55  # how much of the hair's colour the scalp has under hair
    island: float = 0.125  # below it in the texture lie the insides of mouth and sockets


TEXTURE = TextureSettings()
INSIDE_MOUTH = np.array([0.62, 0.36, 0.34], np.float32)  # of the skin's colour
COLOURLESS = np.array([190.0, 160.0, 145.0], np.float32)  # skin of which the photo shows nothing


@lru_cache(maxsize=2)
def skin_atlas(model: HeadModel) -> Atlas:
    """The texels of the skin's base texture; made once."""
    fine = fine_skin(model)
    size_hw = TEXTURE.base_px, TEXTURE.base_px
    return Atlas.of(fine.uv, fine.uv_triangles[~fine.cap], size_hw, fine.triangles[~fine.cap])


@dataclass(frozen=True)
class Projected:
    """What the photo says of each texel of the base texture.

    uv: (h, w, 2) float32 in pixels of the photo; weight: (h, w) float32, 0 to 1; normals: (h, w, 3).
    """

    uv: np.ndarray
    weight: np.ndarray
    normals: np.ndarray


def skin_texture(
    view: HeadView, skin: np.ndarray, covered: np.ndarray, model: HeadModel, face: np.ndarray
) -> np.ndarray:
    """The texture of the skin.

    Args:
        view: what the photo shows.
        skin: (S, 3) mm, the fine skin's vertices in the photo's expression.
        covered: (S,) 0 to 1, where hair lies over the skin.
        model: the head model.
        face: (468, 3) mm the landmarks in the photo.
    Returns:
        (h, h, 3) uint8.
    """
    seen = projected(view, skin, model, face)
    colours = sampled_photo(view.pixels, seen.uv)
    gain = _gain(colours, seen)
    base = _filled(colours * gain[..., None], seen.weight)
    width = np.ptp(project(face, view.camera)[:, 0]) * view.pixels.shape[1] / view.camera.width
    size = TEXTURE.large_px if width > TEXTURE.large_face_px else TEXTURE.small_px
    whole = _with_detail(base, seen, gain, view.pixels, size)
    return _painted(whole, covered, view, model)


def projected(view: HeadView, skin: np.ndarray, model: HeadModel, face: np.ndarray) -> Projected:
    """Where the base texture's texels lie in the photo, and how well they are seen there."""
    small, fine, atlas = view.reduced(TEXTURE.grid_px), fine_skin(model), skin_atlas(model)
    triangles = fine.triangles[~fine.cap]
    points, normals = np.split(atlas.spread(np.hstack([skin, vertex_normals(skin, fine.triangles)])), 2, axis=2)
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    facing = -(normals * points).sum(2) / np.linalg.norm(points, axis=2)
    uv = project(points, small.camera).astype(np.float32)
    own = rasterise(np.column_stack([project(skin, small.camera), skin[:, 2]]), triangles, small.depth.shape)
    usable = _usable(small, face)
    border = cv2.distanceTransform(usable.astype(np.uint8), cv2.DIST_L2, 3)
    nearest, share = (_looked_up(image, uv) for image in (np.nan_to_num(own, nan=0), border / TEXTURE.border_px))
    weight = np.clip((facing - TEXTURE.square) / (TEXTURE.full - TEXTURE.square), 0, 1) * np.clip(share - 0.2, 0, 1)
    seen = (points[..., 2] < nearest + TEXTURE.hidden_mm) & (nearest > 0)
    weight = cv2.GaussianBlur(np.where(seen, weight, 0).astype(np.float32), (0, 0), 1.5) * seen
    island = _main_island(weight.shape)
    return Projected(small.in_photo(uv), np.where(island, weight, 0).astype(np.float32), normals)


def _usable(view: HeadView, face: np.ndarray) -> np.ndarray:
    """(H, W) bool, pixels whose colour is the skin's: skin, and glasses and beards within the face."""
    outline = project(face, view.camera)
    brows = outline[[*LANDMARKS.right_brow, *LANDMARKS.left_brow]]
    eyes = outline[[*LANDMARKS.right_eye_rim, *LANDMARKS.left_eye_rim]]
    mouth = outline[[*LANDMARKS.lips_rim]]
    down = mouth.mean(0) - eyes.mean(0)
    down /= np.linalg.norm(down)
    v, u = np.mgrid[: view.depth.shape[0], : view.depth.shape[1]]
    below = u * down[0] + v * down[1] > (brows @ down).min()
    other = view.shows(PointClass.HAIR, PointClass.OTHER) & view.hull_of(face) & below
    return view.shows(PointClass.SKIN) | other


def _main_island(shape: tuple[int, ...]) -> np.ndarray:
    """(h, w) bool, texels of the skin's outside."""
    return np.broadcast_to((np.arange(shape[0]) < (1 - TEXTURE.island) * shape[0])[:, None], shape)


def _looked_up(image: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(h, w) float32, an image (H, W) at pixels (h, w, 2); 0 outside."""
    return np.asarray(cv2.remap(image.astype(np.float32), uv[..., 0], uv[..., 1], cv2.INTER_LINEAR))


def sampled_photo(pixels: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32, a photo (H, W, 3) at pixels (h, w, 2)."""
    found = cv2.remap(pixels, uv[..., 0], uv[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def _gain(colours: np.ndarray, seen: Projected) -> np.ndarray:
    """(h, w) float32 that takes most of the photo's light away: skin of one colour under a light from all around.

    Source: Ramamoorthi & Hanrahan, An Efficient Representation for Irradiance Environment Maps, SIGGRAPH 2001: nine
    harmonics; here of the brightness' logarithm.
    """
    known = seen.weight > 0.5
    if known.sum() < 500:
        return np.ones(known.shape, np.float32)
    bright = np.log(np.maximum(colours @ np.array([0.3, 0.59, 0.11], np.float32), 4))
    basis = _harmonics(seen.normals)
    rows, values = basis[known], bright[known]
    trust = np.ones(len(values))
    for _ in range(4):
        left = rows * trust[:, None]
        light = np.linalg.solve(
            left.T @ rows + 0.02 * len(rows) * np.diag([0, 1, 1, 1, 4, 4, 4, 4, 4]), left.T @ values
        )
        off = np.abs(values - rows @ light)
        trust = 1 / (1 + (off / max(1.5 * float(np.median(off)), 1e-3)) ** 2)
    shade = basis @ light - float(np.median(rows @ light))
    return np.exp(-np.clip(TEXTURE.light * shade, -TEXTURE.light_most, TEXTURE.light_most)).astype(np.float32)


def _harmonics(normals: np.ndarray) -> np.ndarray:
    """(..., 9) the first spherical harmonics of unit vectors (..., 3), without their factors."""
    x, y, z = np.moveaxis(normals, -1, 0)
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], -1)


def _filled(colours: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32, the base texture: own colours, else those of the other side, else those around."""
    if weight.max() <= 0:
        return np.broadcast_to(COLOURLESS, colours.shape).astype(np.float32)
    other = (1 - weight) * weight[:, ::-1]
    total = weight + other
    mixed = (weight[..., None] * colours + other[..., None] * colours[:, ::-1]) / np.maximum(total, 1e-6)[..., None]
    wrapped = np.hstack([mixed, mixed]), np.hstack([total, total])  # left and right border meet at the back of the head
    half = colours.shape[1] // 2
    filled = pull_push(np.roll(wrapped[0], half, 1), np.roll(wrapped[1], half, 1))
    return np.asarray(filled[:, half : half + colours.shape[1]])


def _with_detail(base: np.ndarray, seen: Projected, gain: np.ndarray, pixels: np.ndarray, size: int) -> np.ndarray:
    """(size, size, 3) float32, the base texture made finer by the photo itself."""
    wide = (size, size)
    uv, share, strength = (
        cv2.resize(image, wide, interpolation=cv2.INTER_LINEAR) for image in (seen.uv, seen.weight, gain)
    )
    out = np.asarray(cv2.resize(base, wide, interpolation=cv2.INTER_LINEAR), np.float32)
    box = _seen_box(share)
    share, strength = share[box], strength[box]
    photo = sampled_photo(pixels, uv[box]) * strength[..., None]
    out[box] += share[..., None] * (photo - out[box])
    mirrored = (1 - share) * share[:, ::-1]
    out[box] += mirrored[..., None] * (photo[:, ::-1] - out[box])
    return out


def _seen_box(share: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns that hold all that is seen (h, w) and its mirror image; the inside of the mouth is not."""
    seen = (share > 0).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(seen | seen[:, ::-1])
    bottom = min(y + height, round((1 - TEXTURE.island) * len(share)))
    return slice(min(y, bottom), bottom), slice(x, x + width)


def _painted(texture: np.ndarray, covered: np.ndarray, view: HeadView, model: HeadModel) -> np.ndarray:
    """(h, w, 3) uint8 with the scalp's stubble and the inside of the mouth; `texture` is overwritten."""
    rows = round((1 - TEXTURE.island) * len(texture))
    small = view.reduced(TEXTURE.grid_px)
    hair = _in_size(view.pixels, small.depth.shape)[ndimage.binary_erosion(small.shows(PointClass.HAIR), iterations=2)]
    if len(hair) and covered.any():
        share = skin_atlas(model).spread(TEXTURE.stubble * covered)
        wide = cv2.resize(cv2.GaussianBlur(share, (0, 0), 2), texture.shape[:2], interpolation=cv2.INTER_LINEAR)
        usual = np.median(hair, axis=0).astype(np.float32)
        texture[:rows] += np.asarray(wide)[:rows, :, None] * (usual - texture[:rows])
    texture[rows:] = texture[:rows:16, ::16].reshape(-1, 3).mean(0) * INSIDE_MOUTH
    return np.asarray(cv2.convertScaleAbs(texture))


def _in_size(pixels: np.ndarray, size_hw: tuple[int, ...]) -> np.ndarray:
    """A photo on another grid over the same picture."""
    return np.asarray(cv2.resize(pixels, size_hw[::-1], interpolation=cv2.INTER_AREA))
