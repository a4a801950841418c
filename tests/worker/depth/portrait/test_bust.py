import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.anatomy import SKULL, skull_frame, trunk_of
from worker.depth.portrait.bust import extend
from worker.person.face import Pose

CAMERA = Intrinsics.from_focal((280, 240), 420.0)
POSE = Pose(np.eye(3), np.array([0.0, -40.0, 700.0]))
MIDDLE = POSE.eyes + SKULL.from_eyes_mm
V, U = np.mgrid[:240, :280]
RIGHT = (U - CAMERA.cx) * MIDDLE[2] / CAMERA.fx - MIDDLE[0]
DOWN = (V - CAMERA.cy) * MIDDLE[2] / CAMERA.fy - MIDDLE[1]


def ellipsoid():
    """Depth of a skull where the pixels' rays meet it, and its outline."""
    form = np.diag(1 / np.square(SKULL.half_axes_mm))
    rays = np.dstack([(U - CAMERA.cx) / CAMERA.fx, (V - CAMERA.cy) / CAMERA.fy, np.ones(U.shape)])
    a, b, c = ((rays @ form) * rays).sum(-1), rays @ form @ MIDDLE, MIDDLE @ form @ MIDDLE - 1
    inside = b**2 - a * c
    return np.where(inside > 0, (b - np.sqrt(np.maximum(inside, 0))) / a, np.nan), inside > 0


def test_a_skull_is_continued_round_from_the_part_that_is_known():
    depth, outline = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    whole = extend(face, outline, CAMERA, POSE)
    hidden = outline & np.isnan(face) & (DOWN < 20)
    assert np.nanmedian(np.abs(whole - depth)[hidden]) < 4
    assert np.isnan(whole[~outline]).all()


def test_the_face_itself_is_kept_and_no_step_surrounds_it():
    depth, outline = ellipsoid()
    face = np.where((np.abs(RIGHT) < 50) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    whole = extend(face, outline, CAMERA, POSE)
    inner = (np.abs(RIGHT) < 30) & (np.abs(DOWN - 20) < 40)
    assert whole[inner] == pytest.approx(face[inner])
    row = int(np.argmin(np.abs(DOWN[:, 0] - 20)))
    bend = np.abs(np.diff(whole[row], 2))[(np.abs(RIGHT[row]) < 60)[2:]]
    assert np.nanmax(bend) < 2


def test_depth_stays_before_the_rim_and_positive():
    depth, outline = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    whole = extend(face, outline | (DOWN > 90), CAMERA, POSE)
    rim = trunk_of(skull_frame(POSE, CAMERA)).rim
    there = np.isfinite(whole)
    assert (whole[there] <= rim[there] + 1e-6).all()
    assert (whole[there] > 400).all()


def test_a_person_is_whole_to_the_photo_s_border_and_does_not_round_off_there():
    depth, skull = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    person = skull | (DOWN > 100)
    whole = extend(face, person, CAMERA, POSE)
    np.testing.assert_array_equal(np.isfinite(whole), person)
    middle = whole[:, 140]
    assert abs(middle[-1] - middle[-12]) < 2
    shoulder = int(np.argmax(DOWN[:, 0] > 100))
    assert whole[shoulder, 20] - whole[-1, 20] > 20  # the outline above the shoulder does round off


def test_a_hole_between_arm_and_trunk_stays_one_and_the_arm_is_round():
    depth, skull = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    hole = (DOWN > 180) & (DOWN < 230) & (RIGHT > 120) & (RIGHT < 150)
    whole = extend(face, skull | (np.abs(RIGHT) < 210) & (DOWN > 100) & ~hole, CAMERA, POSE)
    assert np.isnan(whole[hole]).all()
    row = whole[int(np.argmin(np.abs(DOWN[:, 0] - 205)))]
    arm = row[(RIGHT[0] >= 150) & (RIGHT[0] < 210)]
    assert min(arm[0], arm[-1]) - arm.min() > 10
