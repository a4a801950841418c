import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.bust import SKULL_AXES_MM, SKULL_FROM_EYES_MM, bust_of, extend, smoothstep, trunk_of
from worker.person.pose import Pose

CAMERA = Intrinsics.from_focal((280, 240), 420.0)
POSE = Pose(np.eye(3), np.array([0.0, -40.0, 700.0]))
MIDDLE = POSE.eyes + SKULL_FROM_EYES_MM
V, U = np.mgrid[:240, :280]
RIGHT = (U - CAMERA.cx) * MIDDLE[2] / CAMERA.fx - MIDDLE[0]
DOWN = (V - CAMERA.cy) * MIDDLE[2] / CAMERA.fy - MIDDLE[1]


def ellipsoid():
    """Depth of a skull where the pixels' rays meet it, and its outline."""
    form = np.diag(1 / SKULL_AXES_MM**2)
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
    rim = trunk_of(POSE, CAMERA).rim
    there = np.isfinite(whole)
    assert (whole[there] <= rim[there] + 1e-6).all()
    assert (whole[there] > 400).all()


def test_what_is_far_from_the_head_is_no_part_of_the_bust():
    bust = bust_of(POSE, CAMERA)
    assert bust[(np.abs(RIGHT) < 160) & (np.abs(DOWN) < 60)].all()
    assert not bust[DOWN > 345].any()
    assert not bust[(np.abs(RIGHT) > 200) & (DOWN < 0)].any()


def test_a_smooth_step_ends_level():
    assert smoothstep(np.array([-1.0, 0, 5, 10, 11]), 0, 10) == pytest.approx([0, 0, 0.5, 1, 1])


def test_a_neighbour_who_touches_the_head_is_cut_away_and_wide_hair_is_not():
    depth, outline = ellipsoid()
    face = np.where((np.abs(RIGHT) < 50) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    hair = outline | (np.hypot(RIGHT, DOWN + 20) < 130)
    neighbour = hair | ((RIGHT > 60) & (DOWN > -50))
    kept, cut = (np.isfinite(extend(face, person, CAMERA, POSE)) for person in (hair, neighbour))
    beside = (RIGHT > 105) & (RIGHT < 120) & (np.abs(DOWN + 20) < 25)
    assert kept[beside].all()
    assert not cut[beside].any()
