import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.anatomy import head_and_shoulders, skull_frame, smoothstep, trunk_of
from worker.head.surface import Seen
from worker.person.face import Pose

CAMERA = Intrinsics.from_focal((280, 240), 420.0)
SIZE_HW = (240, 280)
FRAME = skull_frame(Pose(np.eye(3), np.array([0.0, -40.0, 700.0])), CAMERA)


def nearest_pixel(right_mm, down_mm):
    return np.unravel_index(np.argmin(np.hypot(FRAME.right - right_mm, FRAME.down - down_mm)), SIZE_HW)


def test_a_pixel_lies_as_far_from_the_skull_as_worked_by_hand():
    assert FRAME.middle == pytest.approx([0, -65, 795])
    assert FRAME.right[0, 200] == pytest.approx((200 - 139.5) * 795 / 420)
    assert FRAME.down[150, 0] == pytest.approx((150 - 119.5) * 795 / 420 + 65)


def head(skull_mm=800.0, shoulders_mm=840.0):
    """A head that turns away at two depths: above, and where the shoulders are."""
    angles = np.linspace(0, np.pi, 40)
    above = np.column_stack([139.5 + 40 * np.cos(angles), 80 - 50 * np.sin(angles)])
    below = np.column_stack([np.linspace(40, 240, 60), np.full(60, 200.0)])
    rim_mm = np.repeat([skull_mm, shoulders_mm], [40, 60])
    return Seen(np.full(SIZE_HW, np.nan), np.zeros(SIZE_HW, bool), np.vstack([above, below]), rim_mm)


def test_the_surface_turns_away_where_the_head_does_and_beyond_it_at_the_same_depth():
    rim = trunk_of(FRAME, head()).rim
    assert rim[31, 139] == pytest.approx(800, abs=4)
    assert rim[200, 60] == pytest.approx(840, abs=4)
    assert 800 < rim[130, 139] < 840
    assert rim[239, 20] == pytest.approx(840, abs=6)


def test_a_grid_of_another_size_has_the_same_rim():
    whole = trunk_of(FRAME, head()).rim
    coarse = skull_frame(Pose(np.eye(3), np.array([0.0, -40.0, 700.0])), CAMERA.resized((70, 60)))
    assert trunk_of(coarse, head()).rim[50, 15] == pytest.approx(whole[201, 61], abs=3)


def test_depth_and_w_are_each_other_s_inverse_before_the_rim():
    trunk = trunk_of(FRAME, head())
    depth = trunk.rim - 60
    assert trunk.depth_from_w(trunk.w_from_depth(depth)) == pytest.approx(depth)
    assert (trunk.w_from_depth(trunk.rim + 5) == 0).all()


def test_head_and_shoulders_end_in_an_ellipse():
    kept = head_and_shoulders(FRAME)
    assert kept[(np.abs(FRAME.right) < 160) & (np.abs(FRAME.down) < 60)].all()
    assert not kept[FRAME.down[:, 0] > 345].any()
    assert not kept[:, np.abs(FRAME.right[0]) > 300].any()


def test_a_smooth_step_ends_level():
    assert smoothstep(np.array([-1.0, 0, 5, 10, 11]), 0, 10) == pytest.approx([0, 0, 0.5, 1, 1])
