import numpy as np
import pytest

from shared.cloud.camera import unproject
from tests.support.scenes import ball, camera_of, plane
from worker.geometry.jumps import links_of
from worker.geometry.normals import normal_map, normals_of

CAMERA = camera_of(120, 160, 400)


def normals(depth):
    return normals_of(depth, CAMERA, links_of(depth, CAMERA))


def test_a_wall_faces_the_viewer():
    np.testing.assert_allclose(normals(plane(CAMERA)), np.broadcast_to([0, 0, -1], (120, 160, 3)), atol=1e-6)


def test_a_wall_so_near_that_pixels_are_a_tenth_of_a_millimetre_faces_the_viewer_too():
    found = normals(plane(CAMERA, depth_mm=40.0))
    np.testing.assert_allclose(found, np.broadcast_to([0, 0, -1], (120, 160, 3)), atol=1e-6)
    assert found.dtype == np.float32


def test_a_slanted_plane_agrees_with_a_hand_worked_normal():
    # z = 600 + 0.75 x: the normal towards the viewer is (0.75, 0, -1) / 1.25.
    np.testing.assert_allclose(
        normals(plane(CAMERA, slope_x=0.75)), np.broadcast_to([0.6, 0, -0.8], (120, 160, 3)), atol=1e-5
    )


def test_the_normals_of_a_ball_point_away_from_its_centre():
    depth = ball(CAMERA)
    expected = (unproject(depth, CAMERA) - [0, 0, 600]) / 90
    cosine = (normals(depth) * expected).sum(-1)[50:70, 60:100]
    assert cosine.min() > 0.9995


def test_a_jump_does_not_bend_the_normals_beside_it():
    depth = plane(CAMERA)
    depth[:, 80:] += 300
    np.testing.assert_allclose(normals(depth)[..., 2], -1, atol=1e-6)


def test_a_point_alone_has_no_normal():
    depth = np.full((120, 160), np.nan)
    depth[5, 7] = 600
    assert np.isnan(normals(depth)).all()


@pytest.mark.parametrize(
    ("normal", "colour"),
    [
        ((0, 0, -1), (128, 128, 255)),
        ((1, 0, 0), (255, 128, 128)),
        ((0, -1, 0), (128, 255, 128)),
        ((np.nan,) * 3, (0, 0, 0)),
    ],
)
def test_the_picture_has_x_right_in_red_y_up_in_green_and_the_viewer_in_blue(normal, colour):
    picture = normal_map(np.array([[normal]], np.float32))
    assert (picture[0, 0].tolist(), picture.dtype) == (list(colour), np.uint8)
