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
