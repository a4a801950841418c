from dataclasses import replace

import numpy as np
import pytest
import trimesh

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from tests.support.scenes import ball, camera_of, cloud_of, plane
from worker.geometry.surface.mesh import Mesh, compact, mesh_from_cloud, sampled, simplified, texture_coordinates

CAMERA = camera_of(120, 160, 400)


def body(mesh):
    return trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)


def test_a_grid_of_two_by_three_gives_four_triangles_that_face_the_viewer():
    mesh = mesh_from_cloud(cloud_of(np.full((2, 3), 600.0), Intrinsics.from_focal((3, 2), 100)))
    assert (len(mesh.vertices), len(mesh.triangles)) == (6, 4)
    np.testing.assert_allclose(body(mesh).face_normals, np.broadcast_to([0, 0, 1], (4, 3)), atol=1e-12)
    # Pixels are 6 mm apart at 600 mm and f 100: 2 x 1 steps of 36 mm2.
    assert body(mesh).area == pytest.approx(72)


def test_three_corners_make_one_triangle_and_two_make_none():
    camera = Intrinsics.from_focal((2, 2), 100)
    for missing in range(4):
        depth = np.full(4, 600.0)
        depth[missing] = np.nan
        mesh = mesh_from_cloud(cloud_of(depth.reshape(2, 2), camera))
        assert len(mesh.triangles) == 1
        assert body(mesh).face_normals[0, 2] == pytest.approx(1)
    assert len(mesh_from_cloud(cloud_of(np.array([[600.0, np.nan], [np.nan, 600]]), camera)).triangles) == 0


def test_no_triangle_spans_a_jump():
    depth = plane(CAMERA)
    depth[:, 80:] += 300
    mesh = mesh_from_cloud(cloud_of(depth))
    assert body(mesh).edges_unique_length.max() < 10
    assert len(body(mesh).split(only_watertight=False)) == 2


@pytest.mark.parametrize(("unit", "pieces"), [("mm", 1), ("relative", 2)])
def test_a_step_within_a_body_of_known_size_is_bridged(unit, pieces):
    depth = np.full((120, 160), 600.0)
    depth[:, 80:] += 40  # 6.7 % of the depth, as a nose before a cheek
    assert len(body(mesh_from_cloud(cloud_of(depth, unit=unit))).split(only_watertight=False)) == pieces


def test_a_person_is_not_joined_to_a_wall_they_lean_on_and_hair_is_joined_to_skin():
    wall = cloud_of(np.full((120, 160), 600.0))
    classes = np.full((120, 160), PointClass.BACKGROUND, np.uint8)
    classes[:, 60:90], classes[:, 90:] = PointClass.HAIR, PointClass.SKIN
    mesh = body(mesh_from_cloud(replace(wall, classes=classes)))
    pieces = mesh.split(only_watertight=False)
    assert sorted(len(piece.vertices) for piece in pieces) == [120 * 60, 120 * 100]


def test_a_ball_s_mesh_has_a_ball_s_area():
    mesh = body(mesh_from_cloud(cloud_of(ball(CAMERA))))
    # Archimedes: a cap of height h has the area 2 pi r h; what leans by less than 60 degrees has h = r / 2.
    facing = mesh.face_normals[:, 2] > 0.5
    assert mesh.area_faces[facing].sum() == pytest.approx(2 * np.pi * 90 * 45, rel=0.02)
    assert mesh.face_normals[:, 2].min() > 0


def test_simplification_keeps_the_budget_and_the_shape():
    full = mesh_from_cloud(cloud_of(ball(CAMERA)))
    few = simplified(full, 2000)
    assert 1900 <= len(few.triangles) <= 2000
    away = np.linalg.norm(few.vertices - [0, 0, -600], axis=1) - 90
    assert np.abs(away).max() < 0.5
    assert simplified(few, 2000) is few


def test_the_texture_lies_where_the_pixel_lies():
    # Pixel (u 0, v 0) of a 4 x 2 grid: centre at an eighth of the width, and a quarter below the top.
    camera = Intrinsics.from_focal((4, 2), 100)
    mesh = mesh_from_cloud(cloud_of(np.full((2, 4), 600.0), camera))
    np.testing.assert_allclose(texture_coordinates(mesh.vertices, camera)[0], [0.125, 0.75])
    np.testing.assert_array_equal(sampled(np.arange(8).reshape(2, 4), mesh.vertices, camera), np.arange(8))


def test_vertices_that_no_triangle_uses_go():
    mesh = compact(Mesh(np.arange(12.0).reshape(4, 3), np.array([[0, 3, 1]])))
    np.testing.assert_array_equal(mesh.vertices, [[0, 1, 2], [3, 4, 5], [9, 10, 11]])
    np.testing.assert_array_equal(mesh.triangles, [[0, 2, 1]])
