"""A face found in a photo: its landmarks in pixels, as points in millimetres, and the head's pose.

Convention: camera frame x right, y down, z forward. A frontal face looks along -z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.quarters import turned_uv
from shared.options import PUPIL_DISTANCE_MM
from worker.person.corrections import symmetric, unbiased
from worker.person.landmarks import LANDMARKS

Z_SCALE = 1.06
"""The network flattens faces a little: their z times this.

Tuned on rendered ICT-FaceKit heads h0-h7: from 1.04 to 1.09 the face's median error stays within 0.02 mm.
"""


@dataclass(frozen=True)
class Pose:
    """Where the head is and which way it looks.

    axes: (3, 3), columns are the head's right-to-left, down and back directions in the camera frame.
    eyes: (3,) mm, the middle between the eyes.
    """

    axes: np.ndarray
    eyes: np.ndarray

    @property
    def yaw_deg(self) -> float:
        """Turn of the face; positive when it looks to the right of the photo."""
        forward = -self.axes[:, 2]
        return float(np.degrees(np.arctan2(forward[0], -forward[2])))

    @property
    def pitch_deg(self) -> float:
        """Tilt of the face; positive when it looks up."""
        return float(np.degrees(np.arcsin(np.clip(self.axes[1, 2], -1, 1))))

    @property
    def roll_deg(self) -> float:
        """Lean of the head; positive when its top leans to the right of the photo."""
        return float(np.degrees(np.arctan2(self.axes[1, 0], self.axes[1, 1])))


@dataclass(frozen=True)
class Face:
    """A face found in a photo; all in the photo's pixels.

    landmarks: (468, 3) float64 u, v, z; z is nearer where smaller, of unknown origin.
    score: how sure it is that this is a face, 0 to 1: the landmark network's score, less where it sees other points in
        the mirror image; of a face in profile, the detector's score instead.
    irises: (2, 5, 3) likewise, right eye and left eye: pupil, then the iris's right, upper, left and lower edge as seen
        in the photo; None where they are not known.
    """

    landmarks: np.ndarray
    score: float
    irises: np.ndarray | None = None

    @classmethod
    def of_points(cls, points: np.ndarray, score: float) -> Face:
        """A face from the network's (478, 3) points, the landmarks and then the irises."""
        irises = points[LANDMARKS.count :].reshape(*LANDMARKS.irises, 3)
        return cls(points[: LANDMARKS.count], score, irises)

    @property
    def points(self) -> np.ndarray:
        """(478, 3) landmarks and then irises, or (468, 3) landmarks alone."""
        return self.landmarks if self.irises is None else np.vstack([self.landmarks, self.irises.reshape(-1, 3)])

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks."""
        (left, top), (right, bottom) = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(left), float(top), float(right), float(bottom)

    def distance_px(self, uv: tuple[float, float]) -> tuple[float, float]:
        """How far a point lies outside of the box, 0 within; then, how far from its middle."""
        left, top, right, bottom = self.box
        outside = np.maximum(0, [left - uv[0], uv[0] - right, top - uv[1], uv[1] - bottom])
        return float(np.hypot(outside[:2].max(), outside[2:].max())), float(np.linalg.norm(self.middle - uv))

    @cached_property
    def middle(self) -> np.ndarray:
        """(2,) middle of the box."""
        left, top, right, bottom = self.box
        return np.array([left + right, top + bottom]) / 2

    @cached_property
    def side(self) -> float:
        """Longer side of the box."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    @cached_property
    def lean_deg(self) -> float:
        """How far the head leans in the photo, from the line between forehead and chin; clockwise is positive."""
        u, v = self.landmarks[LANDMARKS.chin, :2] - self.landmarks[LANDMARKS.forehead, :2]
        return float(np.degrees(np.arctan2(-u, v)))

    @cached_property
    def pose(self) -> Pose:
        """Which way the face looks; lengths in it are pixels."""
        return head_pose(self.landmarks)

    def scaled(self, scale_uv: tuple[float, float]) -> Face:
        """The same face on another pixel grid over the same picture (pixel edges stay aligned)."""
        u, v = scale_uv
        factors = np.array([u, v, (u + v) / 2])
        half = np.array([0.5, 0.5, 0])
        irises = None if self.irises is None else (self.irises + half) * factors - half
        return Face((self.landmarks + half) * factors - half, self.score, irises)

    def turned(self, quarters: int, size_wh: tuple[int, int]) -> Face:
        """The same face in the picture, of that size, turned clockwise by so many quarter turns."""
        points = np.column_stack([turned_uv(self.points[:, :2], size_wh, quarters), self.points[:, 2]])
        irises = None if self.irises is None else points[LANDMARKS.count :].reshape(*LANDMARKS.irises, 3)
        return Face(points[: LANDMARKS.count], self.score, irises)


def points_mm(landmarks: np.ndarray, camera: Intrinsics, pupil_distance_mm: float = PUPIL_DISTANCE_MM) -> np.ndarray:
    """Landmarks in the camera frame, sized by the distance between the eyes' middles in space.

    Args:
        landmarks: (468, 3) float in pixels of the camera's grid; z in pixels too, smaller is nearer.
        camera: the grid's intrinsics.
        pupil_distance_mm: what that distance shall be.
    Returns:
        (468, 3) float64 in mm, corrected as `worker.person.corrections` says.
    """
    corners = [*LANDMARKS.right_eye_corners, *LANDMARKS.left_eye_corners]
    behind = (landmarks[:, 2] - landmarks[corners, 2].mean()) * Z_SCALE
    depth = 1 + behind / camera.fx  # in units of the eyes' depth
    rays = (landmarks[:, :2] - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    points = symmetric(np.column_stack([rays * depth[:, None], depth]))
    right, left = eyes_of(points)
    points = points * (PUPIL_DISTANCE_MM / np.linalg.norm(right - left))
    return unbiased(points, back=head_pose(points).axes[:, 2]) * (pupil_distance_mm / PUPIL_DISTANCE_MM)


def eyes_of(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middles (3,) of the right and the left eye, of (468, 3) landmarks."""
    right, left = (points[list(pair)].mean(0) for pair in (LANDMARKS.right_eye_corners, LANDMARKS.left_eye_corners))
    return right, left


def head_pose(points: np.ndarray) -> Pose:
    """Pose from (468, 3) landmarks in mm: the eye line, the line from forehead to chin, and their normal."""
    right, left = eyes_of(points)
    across = (left - right) / np.linalg.norm(left - right)
    down = points[LANDMARKS.chin] - points[LANDMARKS.forehead]
    back = np.cross(across, down)
    back /= np.linalg.norm(back)
    return Pose(np.column_stack([across, np.cross(back, across), back]), (right + left) / 2)
