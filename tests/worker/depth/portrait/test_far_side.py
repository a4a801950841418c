import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.anatomy import skull_frame, trunk_of
from worker.depth.portrait.bust import extend
from worker.depth.portrait.far_side import nearer_rim
from worker.person.face import Pose

CAMERA = Intrinsics.from_focal((200, 160), 420.0)
CELL_MM = 700 / 420
V, U = np.mgrid[:160, :200]


def turned(degrees):
    """The pose of a head that looks to the picture's left by so many degrees; below 0: right."""
    angle = np.radians(degrees)
    axes = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    return Pose(axes, np.array([0.0, -10.0, 700.0]))


def scene(pose):
    """A face, a disc whose far edge is the outline, and the body: the same disc, skull beside it, a neck below."""
    frame = skull_frame(pose, CAMERA)
    side = 1 if pose.axes[0, 2] < 0 else -1
    middle_u = 100 + side * 20
    disc = np.hypot(U - middle_u, V - 70) < 45
    skull = (side * (U - middle_u) < 0) & (side * (U - middle_u) > -90) & (np.abs(V - 70) < 45)
    neck = (np.abs(U - middle_u) < 25) & (V > 70)
    return frame, np.where(disc, 690.0, np.nan), disc | skull | neck, middle_u + side * 43, side


def nearer_of(pose):
    frame, face, body, edge_u, side = scene(pose)
    rim = trunk_of(frame).rim
    return nearer_rim(face, body, rim, frame, CELL_MM), rim, edge_u, side


@pytest.mark.parametrize("degrees", [45, -45])
def test_beside_the_far_cheek_the_rim_comes_to_the_depth_of_the_face_s_edge(degrees):
    nearer, rim, edge_u, _ = nearer_of(turned(degrees))
    gap = rim[70, edge_u] - 690
    assert gap > 30
    assert 0.7 * gap < nearer[70, edge_u] < gap


@pytest.mark.parametrize("degrees", [45, -45])
def test_the_near_side_and_the_neck_keep_the_rim_of_skull_and_trunk(degrees):
    nearer, _, edge_u, side = nearer_of(turned(degrees))
    assert nearer[70, edge_u - side * 120] == pytest.approx(0, abs=1)
    assert nearer[155, edge_u - side * 20] < 0.2 * nearer[70, edge_u]


def test_a_head_seen_from_the_front_has_the_rim_of_its_skull_all_round():
    for degrees in (0, 20, -20):
        nearer, *_ = nearer_of(turned(degrees))
        assert not nearer.any()


def test_without_a_face_on_the_grid_the_rim_stays():
    frame, face, body, _, _ = scene(turned(45))
    assert not nearer_rim(np.full_like(face, np.nan), body, trunk_of(frame).rim, frame, CELL_MM).any()


def test_the_surface_ends_at_the_far_cheek_instead_of_at_the_skull():
    _, face, body, edge_u, _ = scene(turned(45))
    depth = extend(face, body, CAMERA, turned(45))
    assert np.nanmax(depth[70, edge_u - 4 : edge_u + 5]) < 715
