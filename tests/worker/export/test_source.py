from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.cloud.classes import COLOURS, PointClass, colours_of
from worker.export.source import MESH_TRIANGLES


def test_the_mesh_of_a_metric_cloud_keeps_its_size_and_lies_round_the_origin(source):
    low, high = source.mesh.vertices.min(0), source.mesh.vertices.max(0)
    np.testing.assert_allclose(low, -high, atol=1e-9)
    np.testing.assert_allclose(high - low, np.ptp(source.cloud.points(), axis=0), rtol=1e-5)
    assert 0 < len(source.mesh.triangles) <= MESH_TRIANGLES


def test_what_has_no_true_size_is_made_200_mm_tall(relative_source):
    assert np.ptp(relative_source.mesh.vertices[:, 1]) == pytest.approx(200, rel=1e-6)
    width = np.ptp(relative_source.mesh.vertices[:, 0])
    assert width <= np.ptp(relative_source.solid.vertices[:, 0]) < 1.05 * width  # its back is a little wider


def test_each_part_is_prepared_once(source):
    assert source.mesh is source.mesh
    assert source.texture is source.texture


def test_every_vertex_shows_the_pixel_that_it_comes_from(source):
    known, vertices = source.cloud.mask, len(source.mesh.vertices)
    np.testing.assert_array_equal(source.mesh.rgb, source.cloud.rgb[known])
    assert source.mesh.uv.shape == (vertices, 2)
    v, u = np.nonzero(known)
    np.testing.assert_allclose(source.mesh.uv, np.stack([(u + 0.5) / 80, 1 - (v + 0.5) / 60], axis=1))


def test_a_mesh_that_is_coloured_by_class_shows_the_class_of_every_point_in_its_texture_too(source):
    classes = np.full((60, 80), PointClass.CLOTHES, np.uint8)
    classes[:30] = PointClass.HAIR
    by_class = replace(source, color="classes", cloud=replace(source.cloud, classes=classes))
    mesh, colours = by_class.mesh, colours_of(classes)
    np.testing.assert_array_equal(mesh.rgb, colours[source.cloud.mask])
    np.testing.assert_array_equal(mesh.classes, classes[source.cloud.mask])
    texture = np.asarray(by_class.texture)
    u, v = (mesh.uv * [80, -60] + [0, 60]).astype(int).T
    np.testing.assert_array_equal(texture[v, u], mesh.rgb)
    assert by_class.texture.format == "PNG"
    assert (texture[0, 0] == COLOURS[PointClass.HAIR]).all()  # continued beyond the ball


def test_the_texture_is_the_photo_but_at_the_outline_where_it_has_the_cloud_s_colours(source):
    ball, wall = np.array([180, 120, 90]), np.array([20, 40, 200])
    near_ball = cv2.dilate(source.cloud.mask.astype(np.uint8), np.ones((3, 3)))[..., None]
    rgb = np.where(near_ball, ball, 0).astype(np.uint8)
    inside = cv2.erode(source.cloud.mask.astype(np.uint8), np.ones((3, 3)))[..., None]  # a rim shows the wall
    pixels = np.where(inside, ball, wall).astype(np.uint8).repeat(2, 0).repeat(2, 1)
    pixels[58:62, 70:74] = ball + 9  # a detail that the cloud's grid has lost
    clean = replace(source, pixels=pixels, cloud=replace(source.cloud, rgb=rgb))
    texture = np.asarray(clean.texture).astype(int)
    surface = source.cloud.mask.repeat(2, 0).repeat(2, 1)
    assert np.abs(texture - ball)[surface].max() < 16  # JPEG
    assert texture[60, 72].mean() > ball.mean() + 5
    np.testing.assert_allclose(texture[2, 2], wall, atol=9)  # far away, the photo


def test_a_large_photo_becomes_a_texture_of_at_most_2048_pixels(source):
    large = replace(source, pixels=np.zeros((1000, 4096, 3), np.uint8))
    assert large.texture.size == (2048, 500)
