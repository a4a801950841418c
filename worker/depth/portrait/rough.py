"""A rough first look at a face, from its landmarks alone, long before its depth map is there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from shared.cloud.camera import Intrinsics
from worker.depth.estimator import GRID_LONG_SIDE_PX, DepthMap, Early, Photo, grid_size_wh
from worker.depth.portrait.lens import plausible, settled_lens
from worker.depth.portrait.placing import surface_of
from worker.person.face import Face, points_mm
from worker.person.scale import scale_of

log = logging.getLogger(__name__)

FACE_PX = 64
"""The face's longer side on the rough grid: some 3000 points, for 11 ms of CPU with their file."""
CONFIDENCE = 0.5
"""Of the rough depth, 0 to 1: landmarks are near the true surface, and nothing between them was looked at."""


class FaceFinder(Protocol):
    """What finds the faces of a photo, and which way up it is."""

    def upright(self, photo: Photo) -> tuple[Photo, list[Face]]:
        """The photo, turned upright, and its faces, the one that is meant first."""
        ...


def all_upright(finder: FaceFinder, photos: Sequence[Photo], early: Early | None) -> list[tuple[Photo, list[Face]]]:
    """What the finder finds in each photo; each rough depth map is given to `early` before the next is looked at.

    A rough depth map that fails is logged: it is a courtesy, which no photo needs.
    """
    found = []
    for index, photo in enumerate(photos):
        upright, faces = finder.upright(photo)
        found.append((upright, faces))
        if early and faces:
            try:
                early(index, rough_depth_map(upright, faces[0]))
            except Exception:
                log.exception("no rough depth map of a photo")
    return found


def rough_depth_map(photo: Photo, face: Face) -> DepthMap:
    """The surface through a face's landmarks, on a small grid over the whole photo; it lies as the photo came.

    It has the size and the distance of the depth map that follows, unless an eye turns out to be hidden, or a network
    knows the lens.

    Args:
        photo: set upright; its quarter turns are undone in what is given.
        face: found in it.
    """
    photo, _ = settled_lens(photo, face)
    whole = photo.camera(grid_size_wh(photo.size_wh))
    size = scale_of(_on(whole, face, photo), whole, photo.pupil_distance_mm).size
    camera = whole.resized(_grid_size_wh(photo.size_wh, face))
    face = _on(camera, face, photo)
    if photo.camera_source == "assumed":
        camera = plausible(camera, face, size)
    depth, _ = surface_of(points_mm(face.landmarks, camera), camera)
    depth = (size * depth).astype(np.float32)
    confidence = np.where(np.isfinite(depth), np.float32(CONFIDENCE), np.float32(0))
    return DepthMap(depth, camera, "mm", confidence).turned(-photo.quarters)


def _on(camera: Intrinsics, face: Face, photo: Photo) -> Face:
    """A photo's face on the grid of a camera."""
    width, height = photo.size_wh
    return face.scaled((camera.width / width, camera.height / height))


def _grid_size_wh(photo_wh: tuple[int, int], face: Face) -> tuple[int, int]:
    """A grid over the whole photo on which the face has FACE_PX; none is finer than the photo."""
    scale = min(1.0, FACE_PX / face.side, GRID_LONG_SIDE_PX / max(photo_wh))
    return max(1, round(photo_wh[0] * scale)), max(1, round(photo_wh[1] * scale))
