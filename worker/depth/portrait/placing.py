"""Where a face is: a smooth surface through its landmarks."""

from __future__ import annotations

import numpy as np

from shared.cloud.camera import Intrinsics, project
from worker.geometry.raster import doubled_areas, rasterise
from worker.person.face import Pose, head_pose
from worker.person.face_mesh import face_mesh


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
