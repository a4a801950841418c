import numpy as np
import pytest
import trimesh

from shared.cloud.camera import Intrinsics
from tests.support.scenes import ball, camera_of, cloud_of, plane
from worker.geometry.surface.mesh import mesh_from_cloud, simplified
from worker.geometry.surface.solid import solid_from_cloud, solid_squares

CAMERA = camera_of(120, 160, 400)


def body(cloud, front_budget=None):
    mesh = solid_from_cloud(cloud, front_budget)
    return trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)


def test_a_wall_becomes_a_block_of_hand_worked_volume():
    # 3 x 2 pixels at 600 mm, f 100: front 12 x 6 mm. Thickness 3 % of 12 = 0.36 mm; the back is larger by 600.36 / 600.
    block = body(cloud_of(np.full((2, 3), 600.0), Intrinsics.from_focal((3, 2), 100)))
    assert block.is_watertight
    assert block.volume == pytest.approx(72 * 0.36, rel=1e-3)
    assert block.extents[2] == pytest.approx(0.36)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_mask_and_the_relief_the_body_is_closed_and_right_side_out(seed):
    random = np.random.default_rng(seed)
    depth = random.uniform(400, 900, (30, 45))
    depth[random.random(depth.shape) < 0.08] = np.nan
    rough = body(cloud_of(depth, camera_of(30, 45)))
    assert rough.is_watertight
    assert rough.is_winding_consistent
    assert rough.volume > 0


@pytest.mark.parametrize("seed", range(4))  # in some, places so narrow that a simpler front grows together there
@pytest.mark.parametrize("torn_share", [0.02, 0.05])
def test_a_body_with_a_simpler_front_is_closed_too(torn_share, seed):
    random, (v, u) = np.random.default_rng(seed), np.mgrid[:30, :45]
    depth = 600 + 20 * np.sin(u / 7) + 10 * np.cos(v / 5)
    depth[random.random(depth.shape) < torn_share] = np.nan
    simple = body(cloud_of(depth, camera_of(30, 45)), 900)
    assert len(simple.faces) < 2400
    assert simple.is_watertight
    assert simple.is_winding_consistent
    assert simple.volume > 0


def test_a_ball_with_a_jump_behind_it_is_one_closed_body_even_when_simplified():
    depth = ball(CAMERA)
    depth = np.where(np.isfinite(depth), depth, plane(CAMERA, 900.0))
    simple = body(cloud_of(depth), 2400)
    assert len(simple.faces) <= 5000
    assert simple.is_watertight
    assert simple.volume == pytest.approx(body(cloud_of(depth)).volume, rel=0.01)


def test_a_whole_surface_is_the_front_as_it_is():
    cloud = cloud_of(ball(CAMERA))
    surface = simplified(mesh_from_cloud(cloud), 3000)
    mesh = solid_from_cloud(cloud, 3000, surface)
    np.testing.assert_array_equal(mesh.vertices[: len(surface.vertices)], surface.vertices)
    closed = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    assert closed.is_watertight and closed.is_winding_consistent
    assert closed.volume == pytest.approx(body(cloud).volume, rel=0.05)  # with what is half a square at the outline


def test_a_torn_surface_is_not_the_front():
    depth = np.where(np.isfinite(ball(CAMERA)), ball(CAMERA), plane(CAMERA, 900.0))
    cloud = cloud_of(depth)
    mesh = solid_from_cloud(cloud, 3000, simplified(mesh_from_cloud(cloud), 3000))
    closed = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    assert closed.is_watertight
    assert closed.volume == pytest.approx(body(cloud).volume, rel=0.01)


def test_squares_that_touch_at_a_corner_only_are_parted():
    known = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]], bool)
    squares = solid_squares(known)
    np.testing.assert_array_equal(squares, [[False] * 4, [False, False, True, True]])
    assert body(cloud_of(np.where(known, 600.0, np.nan), camera_of(3, 5))).is_watertight


def test_only_the_largest_piece_is_kept():
    known = np.ones((6, 9), bool)
    known[:, 3] = False
    assert not solid_squares(known)[:, :3].any()
    assert solid_squares(known)[:, 4:].all()


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="four"):
        solid_from_cloud(cloud_of(np.array([[600.0, 600, 600]]), Intrinsics.from_focal((3, 1), 100)))
