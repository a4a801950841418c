"""Point maps of one's own on the photo's grid, as a network would have said them."""

import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from shared.maps.points import PointMap
from worker.depth.estimator import Photo
from worker.depth.own_maps import OwnMaps, prediction_from_points

NAN = np.float32(np.nan)
DEPTH = np.where(np.arange(12) < 5, 500, 2000) * np.ones((8, 1), np.float32)  # a person before a wall
CAMERA = Intrinsics.from_focal((12, 8), 20.0)


def test_a_map_of_the_grid_s_size_stays_as_it_is():
    depth = np.where(np.arange(8)[:, None] == 3, NAN, DEPTH).astype(np.float32)
    [prediction] = OwnMaps().predict(
        [Photo(np.zeros((8, 12, 3), np.uint8), points=PointMap(depth, True, None, CAMERA))]
    )
    known = np.isfinite(depth)
    np.testing.assert_array_equal(prediction.mask, known)
    np.testing.assert_allclose(prediction.disparity, np.where(known, 1 / DEPTH, 0), rtol=1e-6)
    assert prediction.disparity.dtype == np.float32
    assert (prediction.scale, prediction.camera, prediction.normals) == ("metric", CAMERA, None)


def test_a_map_that_is_shrunk_has_nothing_between_a_silhouette_and_what_is_behind_it():
    prediction = prediction_from_points(PointMap(DEPTH, True, None, CAMERA), (6, 4))
    assert set(np.unique(1 / prediction.disparity).round()) == {500, 2000}
    np.testing.assert_allclose(1 / prediction.disparity[:, :2], 500, rtol=1e-6)
    np.testing.assert_allclose(1 / prediction.disparity[:, 3:], 2000, rtol=1e-6)
    assert prediction.camera == Intrinsics.from_focal((6, 4), 10.0)


def test_a_smooth_map_that_is_shrunk_is_the_mean():
    depth = 1 / (np.arange(12) * np.ones((8, 1)) / 1e6 + 1 / 500).astype(np.float32)
    prediction = prediction_from_points(PointMap(depth, False), (6, 4))
    np.testing.assert_allclose(
        prediction.disparity, 1 / 500 + (2 * np.arange(6) + 0.5) / 1e6 * np.ones((4, 1)), rtol=1e-6
    )
    assert prediction.scale == "relative"


@pytest.mark.parametrize("size_wh", [(24, 16), (6, 4), (13, 9)])
def test_what_is_empty_stays_so_and_touches_nothing_beside_it(size_wh):
    prediction = prediction_from_points(PointMap(np.where(DEPTH > 1000, NAN, DEPTH), True), size_wh)
    assert prediction.mask[:, : size_wh[0] * 4 // 12].all()
    assert not prediction.mask[:, -(-size_wh[0] * 6 // 12) :].any()
    np.testing.assert_allclose(prediction.disparity[prediction.mask], 1 / 500, rtol=1e-5)
    assert (prediction.disparity[~prediction.mask] == 0).all()


def test_normals_on_another_grid_have_unit_length_or_are_none():
    normals = np.broadcast_to(np.float32([0, 0, -1]), (8, 12, 3)).copy()
    normals[:, 6:] = [0.6, 0, -0.8]
    normals[:2] = NAN
    normals[2:4, ::2], normals[2:4, 1::2] = [0.8, 0, -0.6], [-1, 0, 0]  # no mean of these
    prediction = prediction_from_points(PointMap(DEPTH, True, normals), (6, 4))
    assert np.isnan(prediction.normals[:2]).all()
    np.testing.assert_allclose(prediction.normals[2:, 0], [[0, 0, -1]] * 2)
    np.testing.assert_allclose(prediction.normals[2:, 5], [[0.6, 0, -0.8]] * 2, rtol=1e-6)
    enlarged = prediction_from_points(PointMap(DEPTH, True, normals), (25, 17))
    lengths = np.linalg.norm(enlarged.normals[9:], axis=-1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-6)


def test_the_map_of_a_photo_that_was_turned_is_turned_with_it():
    photo = Photo(np.zeros((16, 24, 3), np.uint8), points=PointMap(DEPTH, True, None, CAMERA)).turned(1)
    [prediction] = OwnMaps().predict([photo])
    assert (prediction.camera.width, prediction.camera.height) == photo.size_wh == (16, 24)
    np.testing.assert_allclose(1 / prediction.disparity[:9], 500, rtol=1e-5)  # what was left is above
    np.testing.assert_allclose(1 / prediction.disparity[-12:], 2000, rtol=1e-5)
