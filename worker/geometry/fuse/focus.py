"""A network's second view of a face, cropped and so at a larger scale, joined into its view of the whole photo."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics, unproject
from worker.geometry.fuse.robust_line import Line, robust_line

FEATHER = 0.2
"""Width of the seam between the two disparities, as a part of the crop's side."""


@dataclass(frozen=True)
class CropRule:
    """Which part of a photo a network sees again."""

    side_faces: float = 3.0
    """Side of the crop round head and shoulders, in heights of the face."""
    drop_faces: float = 0.3
    """How far the crop's middle lies below the face's, in heights of the face."""
    largest_face: float = 0.5
    """Part of the photo's height; a larger face fills the network's view as it is."""


CROP = CropRule()

FaceBox = tuple[float, float, float, float]  # left, top, right, bottom of a face, from brow to chin, pixels


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels; right and bottom lie just outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top

    def of(self, picture: np.ndarray) -> np.ndarray:
        """That part of an (H, W, ...) array, as a view."""
        return picture[self.top : self.bottom, self.left : self.right]

    def scaled(self, from_wh: tuple[int, int], to_wh: tuple[int, int]) -> Box:
        """The box on another grid over the same picture, to the nearest pixel edges."""
        x, y = to_wh[0] / from_wh[0], to_wh[1] / from_wh[1]
        return Box(round(self.left * x), round(self.top * y), round(self.right * x), round(self.bottom * y))


def crop_round_face(photo_size_wh: tuple[int, int], face: FaceBox) -> Box | None:
    """The square round head and shoulders in which a network should see a face again; None for a face large enough."""
    width, height = photo_size_wh
    left, top, right, bottom = face
    face_height = bottom - top
    if not 0 < face_height < CROP.largest_face * height:
        return None
    side = min(round(CROP.side_faces * face_height), width, height)
    if side < 2 or side >= max(width, height):
        return None
    u = (left + right) / 2
    v = (top + bottom) / 2 + CROP.drop_faces * face_height
    x = int(np.clip(round(u - side / 2), 0, width - side))
    y = int(np.clip(round(v - side / 2), 0, height - side))
    return Box(x, y, x + side, y + side)


def fit_disparity(source: np.ndarray, target: np.ndarray) -> Line | None:
    """The line that brings one disparity (H, W) to another of the same scene, whatever a part of it does.

    NaN where unknown. Gives None where the two do not agree on what is near (no positive slope), or are flat.
    """
    known = np.isfinite(source) & np.isfinite(target)
    x, y = source[known].astype(np.float64), target[known].astype(np.float64)
    if not x.size:
        return None
    line = robust_line(x, y, np.ones_like(x))
    return line if line.slope > 0 else None


def feather(box: Box, whole_size_wh: tuple[int, int]) -> np.ndarray:
    """(h, w) float64 weight of the box's own picture: 1 inside, falling smoothly to 0 at its edges.

    At an edge of the whole picture there is nothing to fall to, and the weight stays 1.
    """
    (width, height), (w, h) = whole_size_wh, box.size_wh
    across = _ramp(w, box.left > 0, box.right < width)
    down = _ramp(h, box.top > 0, box.bottom < height)
    return down[:, None] * across[None, :]


def _ramp(length: int, falls_before: bool, falls_after: bool) -> np.ndarray:
    """(length,) smoothstep up over FEATHER of the length, and down again."""
    position = (np.arange(length) + 0.5) / (FEATHER * length)
    t = np.ones(length)
    for falls, distance in ((falls_before, position), (falls_after, position[::-1])):
        t = np.minimum(t, distance) if falls else t
    return t * t * (3 - 2 * t)


def fused_disparity(whole: np.ndarray, detail: np.ndarray, box: Box) -> np.ndarray | None:
    """Join the disparity of a crop into that of the whole photo, without a seam.

    Args:
        whole: (H, W) float, any scale and shift; NaN where unknown, and so it stays.
        detail: (h, w) float of the box's part of the same grid, with another scale and shift; NaN where unknown.
        box: where on the grid the detail lies.
    Returns:
        (H, W) float32 in the whole's scale and shift; outside the box the whole as it is. None where the two do not
        fit together.
    Raises:
        ValueError: the detail's shape is not the box's.
    """
    if detail.shape != box.size_wh[::-1]:
        raise ValueError(f"the detail is {detail.shape}, its box {box.size_wh[::-1]}")
    under = box.of(whole)
    fit = fit_disparity(detail, under)
    if fit is None:
        return None
    weight = feather(box, whole.shape[::-1])
    fused = whole.astype(np.float32, copy=True)
    step = weight * (fit.slope * detail + fit.intercept - under)
    box.of(fused)[:] = under + np.where(np.isfinite(step), step, 0)
    return fused


def fused_normals(whole: np.ndarray, detail: np.ndarray, box: Box) -> np.ndarray:
    """Join the normals (h, w, 3) of a crop into those (H, W, 3) of the whole photo; NaN where those are NaN."""
    fused, under = whole.copy(), box.of(whole)
    weight = feather(box, (whole.shape[1], whole.shape[0]))[..., None]
    mean = under + weight * (detail - under)
    length = np.linalg.norm(mean, axis=-1, keepdims=True)
    known = np.isfinite(length) & (length > 0)
    box.of(fused)[:] = np.divide(mean, length, out=under.copy(), where=known)
    return fused


@dataclass(frozen=True)
class LookAside:
    """The photo's camera turned to the middle of a box, which a network that sees the box alone takes for the axis.

    box: on the grid of the camera.
    """

    box: Box
    camera: Intrinsics

    @property
    def ray(self) -> np.ndarray:
        """(3,) in the photo's camera frame, at depth 1 there."""
        u, v = (self.box.left + self.box.right - 1) / 2, (self.box.top + self.box.bottom - 1) / 2
        return np.array([(u - self.camera.cx) / self.camera.fx, (v - self.camera.cy) / self.camera.fy, 1.0])

    @property
    def lens(self) -> Intrinsics:
        """Of the box's grid: through it a small thing in the middle is about as large as in the photo.

        Off its axis a lens stretches things, by 1 / cos of the angle across it, and by that squared along it.
        """
        return Intrinsics.from_focal(self.box.size_wh, self.camera.fx * float(np.linalg.norm(self.ray)) ** 1.5)

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3) of its frame into the photo's camera frame, without roll between them."""
        axis = np.cross([0, 0, 1], self.ray)
        tangent = float(np.linalg.norm(axis))
        return np.asarray(cv2.Rodrigues(axis * (np.arctan(tangent) / tangent) if tangent else axis)[0])

    def disparity_ahead(self, disparity: np.ndarray) -> np.ndarray:
        """1 / depth (h, w) in the photo's camera of what is seen in the box's pixels, from that along its own axis."""
        height, width = disparity.shape
        within = replace(
            self.camera, width=width, height=height, cx=self.camera.cx - self.box.left, cy=self.camera.cy - self.box.top
        )
        rays = unproject(np.ones_like(disparity), within)  # (h, w, 3)
        along = self.ray / np.linalg.norm(self.ray)
        return disparity * (rays @ along.astype(disparity.dtype))
