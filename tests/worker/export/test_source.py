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
    texture = cv2.cvtColor(cv2.imdecode(np.frombuffer(by_class.texture.data, np.uint8), -1), cv2.COLOR_BGR2RGB)
    u, v = (mesh.uv * [80, -60] + [0, 60]).astype(int).T
    np.testing.assert_array_equal(texture[v, u], mesh.rgb)
    assert by_class.texture.media_type == "image/png"
    assert (texture[0, 0] == COLOURS[PointClass.HAIR]).all()  # continued beyond the ball
