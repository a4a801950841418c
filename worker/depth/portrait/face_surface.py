"""The surface of a face from its landmarks, and where its brightness says nothing of the shape."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics, project
from worker.depth.portrait.raster import rasterise
from worker.person.face import Face
from worker.person.face_mesh import face_mesh
from worker.person.landmarks import LANDMARKS
from worker.person.pose import Pose, head_pose

PATTERN_MARGIN_PARTS = 45.0
"""The face's side divided by this is how far round eyes, brows and lips brightness is left out; set by hand."""


@dataclass(frozen=True)
class Surface:
    """The face in space: depth (H, W) mm, NaN outside it; the head's pose in mm."""

    depth: np.ndarray
    pose: Pose


def surface_of(points: np.ndarray, camera: Intrinsics) -> Surface:
    """The smooth surface of a face.

    Args:
        points: (468, 3) landmarks in mm, in the camera frame.
        camera: the grid to draw it on.
    """
    pose = head_pose(points)
    mesh = face_mesh()
    smooth = mesh.smooth(points, forward=-pose.axes[:, 2])
    corners = np.column_stack([project(smooth, camera), smooth[:, 2]])
    return Surface(rasterise(corners, mesh.triangles, (camera.height, camera.width)), pose)


def patterns_of(face: Face, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool: eyes, brows and lips of a face, and a little round them."""
    image = np.zeros((camera.height, camera.width), np.uint8)
    for rim in LANDMARKS.patterns:
        cv2.fillPoly(image, [np.rint(face.landmarks[list(rim), :2]).astype(np.int32)], 1)
    reach = 2 * int(face.side / PATTERN_MARGIN_PARTS) + 1
    return cv2.dilate(image, np.ones((reach, reach))) > 0
