import cv2
import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from worker.depth.portrait.anatomy import TRUNK, skull_frame, trunk_of
from worker.depth.portrait.bust import extend, on_head
from worker.head.surface import Seen
from worker.person.face import Pose
from worker.person.person import Person

CAMERA = Intrinsics.from_focal((280, 240), 420.0)
POSE = Pose(np.eye(3), np.array([0.0, -40.0, 700.0]))
MIDDLE = POSE.eyes + TRUNK.skull_from_eyes_mm
HALF_AXES_MM = (77.0, 115.0, 99.0)
V, U = np.mgrid[:240, :280]
RIGHT = (U - CAMERA.cx) * MIDDLE[2] / CAMERA.fx - MIDDLE[0]
DOWN = (V - CAMERA.cy) * MIDDLE[2] / CAMERA.fy - MIDDLE[1]


def ellipsoid():
    """Depth of a skull where the pixels' rays meet it, its outline, and what a fit says of it: where it turns away."""
    form = np.diag(1 / np.square(HALF_AXES_MM))
    rays = np.dstack([(U - CAMERA.cx) / CAMERA.fx, (V - CAMERA.cy) / CAMERA.fy, np.ones(U.shape)])
    a, b, c = ((rays @ form) * rays).sum(-1), rays @ form @ MIDDLE, MIDDLE @ form @ MIDDLE - 1
    inside = b**2 - a * c
    outline = inside > 0
    rim = outline & ~cv2.erode(outline.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    v, u = np.nonzero(rim)
    depth = np.where(outline, (b - np.sqrt(np.maximum(inside, 0))) / a, np.nan)
    return depth, outline, Seen(depth, outline, np.column_stack([u, v]).astype(float), (b / a)[rim])


def test_a_skull_is_continued_round_from_the_part_that_is_known():
    depth, outline, head = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    whole = extend(face, outline, head, CAMERA, POSE)
    hidden = outline & np.isnan(face) & (DOWN < 20)
    assert np.nanmedian(np.abs(whole - depth)[hidden]) < 6
    assert np.isnan(whole[~outline]).all()


def test_the_face_itself_is_kept_and_no_step_surrounds_it():
    depth, outline, head = ellipsoid()
    face = np.where((np.abs(RIGHT) < 50) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    whole = extend(face, outline, head, CAMERA, POSE)
    inner = (np.abs(RIGHT) < 30) & (np.abs(DOWN - 20) < 40)
    assert whole[inner] == pytest.approx(face[inner])
    row = int(np.argmin(np.abs(DOWN[:, 0] - 20)))
    bend = np.abs(np.diff(whole[row], 2))[(np.abs(RIGHT[row]) < 60)[2:]]
    assert np.nanmax(bend) < 2


def test_depth_stays_before_the_rim_and_positive():
    depth, outline, head = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    whole = extend(face, outline | (DOWN > 90), head, CAMERA, POSE)
    rim = trunk_of(skull_frame(POSE, CAMERA), head).rim
    there = np.isfinite(whole)
    assert (whole[there] <= rim[there] + 0.1).all()
    assert (whole[there] > 400).all()


def test_a_person_is_whole_to_the_photo_s_border_and_does_not_round_off_there():
    depth, skull, head = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    person = skull | (DOWN > 100)
    whole = extend(face, person, head, CAMERA, POSE)
    np.testing.assert_array_equal(np.isfinite(whole), person)
    middle = whole[:, 140]
    assert abs(middle[-1] - middle[-12]) < 2
    shoulder = int(np.argmax(DOWN[:, 0] > 100))
    assert whole[shoulder, 20] - whole[-1, 20] > 20  # the outline above the shoulder does round off


def test_a_hole_between_arm_and_trunk_stays_one_and_the_arm_is_round():
    depth, skull, head = ellipsoid()
    face = np.where((np.abs(RIGHT) < 55) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    hole = (DOWN > 180) & (DOWN < 230) & (RIGHT > 120) & (RIGHT < 150)
    whole = extend(face, skull | (np.abs(RIGHT) < 210) & (DOWN > 100) & ~hole, head, CAMERA, POSE)
    assert np.isnan(whole[hole]).all()
    row = whole[int(np.argmin(np.abs(DOWN[:, 0] - 205)))]
    arm = row[(RIGHT[0] >= 150) & (RIGHT[0] < 210)]
    assert min(arm[0], arm[-1]) - arm.min() > 10


def person_of(outline, clothes):
    classes = np.where(outline, np.where(clothes, PointClass.CLOTHES, PointClass.SKIN), PointClass.BACKGROUND)
    return Person(outline.astype(np.float32), classes.astype(np.uint8), outline_found=True)


def test_on_the_head_the_surface_is_the_fitted_one_moved_to_the_face():
    depth, outline, head = ellipsoid()
    face = np.where((np.abs(RIGHT) < 50) & (np.abs(DOWN - 20) < 60), depth - 5, np.nan)
    clothes = DOWN > 90
    known = on_head(face, person_of(outline, clothes), head, CAMERA, POSE)
    assert np.isnan(known[clothes]).all()
    inner = (np.abs(RIGHT) < 38) & (np.abs(DOWN - 20) < 48)
    assert known[inner] == pytest.approx(face[inner])
    v, u = np.unravel_index(np.argmin(np.hypot(RIGHT - 60, DOWN - 20)), DOWN.shape)
    assert -5 < known[v, u] - depth[v, u] < -2.5  # beside the face it is moved with it
    v, u = np.unravel_index(np.argmin(np.hypot(RIGHT, DOWN + 105)), DOWN.shape)
    assert -3.5 < known[v, u] - depth[v, u] < 0  # less, far from it


def test_a_face_that_the_head_does_not_cover_is_kept():
    depth, outline, head = ellipsoid()
    face = np.where((np.abs(RIGHT) < 50) & (np.abs(DOWN - 20) < 60), depth, np.nan)
    hidden = Seen(np.where(RIGHT > 0, head.front, np.nan), outline, head.rim_uv, head.rim_mm)
    known = on_head(face, person_of(outline, DOWN > 90), hidden, CAMERA, POSE)
    assert np.isfinite(known[np.isfinite(face)]).all()
