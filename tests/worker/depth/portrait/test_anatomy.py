import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.anatomy import SKULL, TRUNK, head_and_shoulders, skull_frame, smoothstep, trunk_of
from worker.person.face import Pose

CAMERA = Intrinsics.from_focal((280, 240), 420.0)
FRAME = skull_frame(Pose(np.eye(3), np.array([0.0, -40.0, 700.0])), CAMERA)


def nearest_pixel(right_mm, down_mm):
    return np.unravel_index(np.argmin(np.hypot(FRAME.right - right_mm, FRAME.down - down_mm)), FRAME.down.shape)


def test_a_pixel_lies_as_far_from_the_skull_as_worked_by_hand():
    assert FRAME.middle == pytest.approx([0, -65, 795])
    assert FRAME.right[0, 200] == pytest.approx((200 - 139.5) * 795 / 420)
    assert FRAME.down[150, 0] == pytest.approx((150 - 119.5) * 795 / 420 + 65)


def test_the_surface_turns_away_at_the_skull_then_at_the_neck_behind_it():
    rim = trunk_of(FRAME).rim
    assert rim[nearest_pixel(0, 0)] < 795  # a camera that near sees less than half of the skull
    assert rim[nearest_pixel(0, 150)] == pytest.approx(795 + TRUNK.neck_behind_mm, abs=3)


def test_a_head_that_looks_up_leans_the_trunk_back():
    up = np.radians(20)
    axes = np.array([[1, 0, 0], [0, np.cos(up), np.sin(up)], [0, -np.sin(up), np.cos(up)]])
    frames = [skull_frame(Pose(one, np.array([0.0, -40.0, 700.0])), CAMERA) for one in (np.eye(3), axes)]
    level, leaning = (trunk_of(frame).rim[239, 139] - frame.middle[2] for frame in frames)
    assert abs(leaning - level) > 10


def test_depth_and_w_are_each_other_s_inverse_before_the_rim():
    trunk = trunk_of(FRAME)
    depth = trunk.rim - 60
    assert trunk.depth_from_w(trunk.w_from_depth(depth)) == pytest.approx(depth)
    assert (trunk.w_from_depth(trunk.rim + 5) == 0).all()


def test_the_bulge_of_the_skull_is_that_of_its_ellipsoid():
    breadth, height, length = SKULL.half_axes_mm
    assert SKULL.bulge == pytest.approx(2 * length**2 * (1 / breadth**2 + 1 / height**2), rel=0.02)


def test_head_and_shoulders_end_in_an_ellipse():
    kept = head_and_shoulders(FRAME)
    assert kept[(np.abs(FRAME.right) < 160) & (np.abs(FRAME.down) < 60)].all()
    assert not kept[FRAME.down > 345].any()
    assert not kept[np.abs(FRAME.right) > 300].any()


def test_a_smooth_step_ends_level():
    assert smoothstep(np.array([-1.0, 0, 5, 10, 11]), 0, 10) == pytest.approx([0, 0, 0.5, 1, 1])


def test_a_brim_is_flatter_than_the_skull():
    bulge = trunk_of(FRAME).bulge
    assert bulge[nearest_pixel(0, 0)] == pytest.approx(SKULL.bulge)
    assert bulge[nearest_pixel(150, -40)] == pytest.approx(TRUNK.shoulders_bulge, rel=0.01)
