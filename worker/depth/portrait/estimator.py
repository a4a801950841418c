"""The embedded default depth model: a photo of a person to metric depth, by landmarks, silhouette and anatomy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.errors import NoFaceError, PhotoError
from shared.options import PUPIL_DISTANCE_MM
from worker.depth.estimator import DepthMap, Photo, grid_size_wh
from worker.depth.portrait.bust import extend
from worker.depth.portrait.confidence import confidence_of
from worker.depth.portrait.face_surface import patterns_of, surface_of
from worker.depth.portrait.report import report_on
from worker.depth.portrait.shading import refine
from worker.geometry.camera import backed_off, camera_for
from worker.person.face import Face
from worker.person.finder import PersonFinder
from worker.person.pose import Pose, head_pose, points_mm

NO_FACE = (
    "No face was found in the photo. A sharp photo of one person works, with the face turned to the camera, "
    "lit evenly, and at least 60 pixels wide."
)


@dataclass(frozen=True)
class Bust:
    """A person: the whole depth map, and the face's own depth (H, W) mm, NaN beside it.

    silhouette_found: whether hair, neck and shoulders are there, or the face alone.
    """

    depth_map: DepthMap
    face: np.ndarray
    silhouette_found: bool


class Portrait:
    """Estimates metric depth of the person whose face is largest."""

    def __init__(self, folder: Path) -> None:
        """Load the networks from the folder that holds their files; see `PersonFinder`."""
        self._finder = PersonFinder(folder)

    def estimate(self, photos: Sequence[Photo]) -> list[DepthMap | PhotoError]:
        """Depth of each photo; one without a face gives NoFaceError in its place."""
        return [self._estimate(photo) for photo in photos]

    def _estimate(self, photo: Photo) -> DepthMap | NoFaceError:
        faces = self.faces_of(photo)
        return self.bust_of(photo, faces).depth_map if faces else NoFaceError(NO_FACE)

    def faces_of(self, photo: Photo) -> list[Face]:
        """The faces in a photo, the largest first."""
        return self._finder.find_faces(photo.pixels)

    def bust_of(self, photo: Photo, faces: list[Face]) -> Bust:
        """The person whose face is the first, with the part of the surface that landmarks vouch for.

        Args:
            photo: the photo.
            faces: found in it, at least one.
        """
        size = photo.pupil_distance_mm / PUPIL_DISTANCE_MM  # all lengths here are those of a head of mean size
        camera, pixels = _on_grid(photo)
        face, *others = (one.scaled(_scale_uv(photo, camera)) for one in faces)
        if photo.camera_source == "assumed":
            camera = _plausible(camera, face, size)
        surface = surface_of(points_mm(face.landmarks, camera), camera)
        face_depth = refine(surface.depth, pixels, camera, patterns_of(face, camera))
        person = self._finder.silhouette(pixels, face, others)
        depth = face_depth if person is None else extend(face_depth, person, camera, surface.pose)
        confidence = confidence_of(depth, face_depth, camera)
        pose = Pose(surface.pose.axes, size * surface.pose.eyes)
        report = report_on(photo.pixels, faces, pose, silhouette_found=person is not None, camera=photo.camera_source)
        depth_map = DepthMap((size * depth).astype(np.float32), camera, "mm", confidence, report)
        return Bust(depth_map, size * face_depth, silhouette_found=person is not None)


def _on_grid(photo: Photo) -> tuple[Intrinsics, np.ndarray]:
    """The depth map's grid and the photo on it."""
    height, width = photo.pixels.shape[:2]
    size_wh = grid_size_wh((width, height))
    camera = camera_for((width, height), size_wh, photo.fov_x_deg, photo.focal_35mm)
    if size_wh == (width, height):
        return camera, photo.pixels
    return camera, cv2.resize(photo.pixels, size_wh, interpolation=cv2.INTER_AREA)


def _scale_uv(photo: Photo, camera: Intrinsics) -> tuple[float, float]:
    """Grid pixels a photo pixel, across and down."""
    height, width = photo.pixels.shape[:2]
    return camera.width / width, camera.height / height


def _plausible(camera: Intrinsics, face: Face, size: float) -> Intrinsics:
    """A camera of assumed focal length, backed off until a head of that relative size is not implausibly near."""
    eyes = head_pose(points_mm(face.landmarks, camera)).eyes
    return backed_off(camera, size * float(np.linalg.norm(eyes)))
