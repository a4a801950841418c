import numpy as np
import pytest

from shared.cloud.camera import Intrinsics, project
from worker.person.corrections import unbiased
from worker.person.face import Z_SCALE, Pose, head_pose, points_mm
from worker.person.landmarks import LANDMARKS

CAMERA = Intrinsics.from_focal((640, 480), 900.0)


def face(yaw_deg=0.0, pitch_deg=0.0, distance=700.0):
    """Landmarks in mm of a face that is made of eyes, forehead and chin only."""
    points = np.zeros((468, 3))
    points[list(LANDMARKS.right_eye_corners)] = [[-45, 0, 6], [-18, 0, 2]]
    points[list(LANDMARKS.left_eye_corners)] = [[18, 0, 2], [45, 0, 6]]
    points[LANDMARKS.forehead], points[LANDMARKS.chin] = [0, -60, 0], [0, 90, 0]
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    return points @ nod.T @ turn.T + [30, -20, distance]


def landmarks(points):
    """The same with the network's error, in pixels, z in pixels too and relative to nothing in particular."""
    points = 2 * points - unbiased(points, head_pose(points).axes[:, 2])
    eyes = points[[*LANDMARKS.right_eye_corners, *LANDMARKS.left_eye_corners], 2].mean()
    behind = (points[:, 2] / eyes - 1) * CAMERA.fx / Z_SCALE
    return np.column_stack([project(points, CAMERA), behind + 17.0])


@pytest.mark.parametrize("yaw_deg", [0.0, 35.0, -35.0])
def test_landmarks_come_back_in_mm_whichever_way_the_head_is_turned(yaw_deg):
    points = face(yaw_deg)
    assert points_mm(landmarks(points), CAMERA) == pytest.approx(points, abs=0.15)


def test_another_pupil_distance_scales_everything():
    points = face()
    assert points_mm(landmarks(points), CAMERA, 31.5) == pytest.approx(points / 2, abs=0.15)


@pytest.mark.parametrize(("yaw_deg", "pitch_deg"), [(0, 0), (25, 0), (-25, 0), (0, 15), (0, -15)])
def test_the_pose_is_the_one_that_the_face_was_turned_to(yaw_deg, pitch_deg):
    pose = head_pose(face(yaw_deg, pitch_deg))
    assert (pose.yaw_deg, pose.pitch_deg) == (pytest.approx(yaw_deg, abs=1), pytest.approx(pitch_deg, abs=1))


@pytest.mark.parametrize("roll_deg", [0, 20, -20])
def test_a_head_that_leans_to_the_right_of_the_photo_has_a_positive_roll(roll_deg):
    roll = np.radians(roll_deg)
    leaned = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    pose = Pose(leaned @ head_pose(face(25, 10)).axes, np.zeros(3))
    assert Pose(np.eye(3) @ leaned, np.zeros(3)).roll_deg == pytest.approx(roll_deg)
    assert pose.roll_deg == pytest.approx(roll_deg, abs=6)  # it is turned and nods first


def test_the_head_s_axes_are_a_rotation():
    axes = head_pose(face(20, 10)).axes
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1)
