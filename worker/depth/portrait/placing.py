"""Where a face is: by which lens, and as a smooth surface through its landmarks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from shared.cloud.camera import Intrinsics, project
from worker.depth.estimator import Photo
from worker.geometry.camera import backed_off, camera_for, doubt_of_distance
from worker.geometry.raster import doubled_areas, rasterise
from worker.person.face import Face, Pose, head_pose, points_mm
from worker.person.face_mesh import face_mesh


def with_plausible_lens(photo: Photo, face: Face) -> Photo:
    """The photo, without the focal length in its metadata where the face would be implausibly near or far by it."""
    if photo.camera_source != "exif":
        return photo
    eyes = head_pose(points_mm(face.landmarks, camera_for(photo.size_wh, photo.size_wh, None, photo.focal_35mm))).eyes
    share = (face.box[2] - face.box[0]) / math.hypot(*photo.size_wh)
    doubt = doubt_of_distance(float(np.linalg.norm(eyes)), share)
    return replace(photo, focal_35mm=None, focal_doubt=doubt) if doubt else photo


def plausible(camera: Intrinsics, face: Face, size: float) -> Intrinsics:
    """A camera of assumed focal length, backed off until a head of that relative size is not implausibly near."""
    eyes = head_pose(points_mm(face.landmarks, camera)).eyes
    return backed_off(camera, size * float(np.linalg.norm(eyes)))


def surface_of(points: np.ndarray, camera: Intrinsics) -> tuple[np.ndarray, Pose]:
    """The smooth surface of a face.

    Args:
        points: (468, 3) landmarks in mm, in the camera frame.
        camera: the grid to draw it on.
    Returns:
        Depth (H, W) mm, NaN outside the face; the head's pose in mm.
    """
    pose = head_pose(points)
    mesh = face_mesh()
    smooth = mesh.smooth(points, forward=-pose.axes[:, 2])
    corners = np.column_stack([project(smooth, camera), smooth[:, 2]])
    return rasterise(corners, facing(corners, mesh.triangles), (camera.height, camera.width)), pose


def facing(corners: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Those of the face's triangles (T, 3) that face the camera: a turned face's far side does not show.

    Args:
        corners: (N, 3) float, u and v in pixels first.
        triangles: wound as those of `face_mesh`.
    """
    return triangles[doubled_areas(corners[:, :2], triangles) < 0]
