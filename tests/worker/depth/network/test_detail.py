"""The second pass on a face, by a network that knows the geometry of what it is shown exactly."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.cloud.camera import Intrinsics, unproject
from worker.depth.estimator import Photo, grid_size_wh
from worker.depth.network.detail import with_detail
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.network.point_maps import PointMapReading
from worker.depth.network.resizing import resized_on_cpu
from worker.depth.network.transforms import HALF
from worker.depth.prediction import Prediction
from worker.geometry.fuse.focus import Box, LookAside, crop_round_face

CAMERA = Intrinsics.from_focal((300, 200), 260.0)
BOX = Box(180, 10, 300, 130)
VIEW = LookAside(BOX, CAMERA)
NORMAL = np.array([0.5, -0.2, -1.0]) / math.sqrt(1.29)
AWAY_MM = 900.0


def plane():
    """Points (H, W, 3) in mm of a plane with NORMAL that passes the camera so far away, in the photo's pixels."""
    rays = unproject(np.ones((200, 300), np.float32), CAMERA)
    return rays * (AWAY_MM / (rays @ -NORMAL))[..., None]


def seen(points, normal, camera):
    """What a network says that sees these points with that normal, in its own frame."""
    normals = np.broadcast_to(normal, points.shape).astype(np.float32)
    mask = np.ones(points.shape[:2], bool)
    return Prediction((1 / points[..., 2]).astype(np.float32), "metric", mask, normals, camera)


WHOLE = seen(plane(), NORMAL, CAMERA)
DETAIL = seen(BOX.of(plane()) @ VIEW.rotation, VIEW.rotation.T @ NORMAL, VIEW.lens)
"""In the frame of a camera that looks at the middle of the box."""


def test_a_look_aside_agrees_with_a_hand_worked_one():
    # The box's middle lies 260 px to the right of the axis, as far as the lens is long: 45 degrees. What is 1 away
    # along the photo's axis, in that direction, is the root of 2 away along the other.
    view = LookAside(Box(399, 90, 421, 111), Intrinsics(600, 200, 260, 260, 149.5, 100))
    half = math.sqrt(0.5)
    np.testing.assert_allclose(view.rotation, [[half, 0, half], [0, 1, 0], [-half, 0, half]], atol=1e-9)
    assert view.lens.fx == pytest.approx(260 * 2**0.75)
    ahead = view.disparity_ahead(np.full((21, 22), half))
    assert ahead[10, 10:12].mean() == pytest.approx(1)


def test_a_look_ahead_changes_nothing():
    view = LookAside(Box(100, 50, 200, 150), CAMERA)
    np.testing.assert_array_equal(view.rotation, np.eye(3))
    assert view.lens.fx == CAMERA.fx
    disparity = BOX.of(WHOLE.disparity)[:100, :100]
    np.testing.assert_array_equal(view.disparity_ahead(disparity), disparity)


def test_a_detail_off_the_axis_is_turned_into_the_frame_of_the_whole():
    joined = with_detail(WHOLE, DETAIL, BOX)
    np.testing.assert_allclose(joined.disparity, WHOLE.disparity, rtol=1e-4)
    np.testing.assert_allclose(joined.normals, WHOLE.normals, atol=1e-5)
    as_it_is = with_detail(replace(WHOLE, camera=None), DETAIL, BOX)
    assert np.abs(as_it_is.disparity / WHOLE.disparity - 1).max() > 0.01
    assert np.abs(as_it_is.normals - WHOLE.normals).max() > 0.2


def test_a_detail_seen_by_another_lens_is_seen_by_the_wholes():
    longer = replace(VIEW.lens, fx=1.2 * VIEW.lens.fx, fy=1.2 * VIEW.lens.fy)
    joined = with_detail(WHOLE, replace(DETAIL, camera=longer), BOX)
    np.testing.assert_allclose(joined.disparity, WHOLE.disparity, rtol=0.02)


def test_outside_of_the_mask_nothing_is_added_and_outside_of_the_box_nothing_changes():
    masked = WHOLE.mask.copy()
    masked[40:60, 200:240] = False
    whole = replace(WHOLE, mask=masked, disparity=np.where(masked, WHOLE.disparity, np.float32(0)))
    unseen = DETAIL.mask.copy()
    unseen[60:, :] = False
    detail = replace(DETAIL, mask=unseen, disparity=np.where(unseen, 1.1 * DETAIL.disparity, np.float32(0)))
    joined = with_detail(whole, detail, BOX)
    assert joined.mask is whole.mask
    np.testing.assert_array_equal(joined.disparity == 0, ~masked)
    np.testing.assert_allclose(joined.disparity[masked], WHOLE.disparity[masked], rtol=0.02)
    changed = joined.disparity != whole.disparity
    assert changed.any()
    assert not changed[:, : BOX.left].any()
    assert not changed[BOX.top + 60 :].any()


def test_normals_are_feathered_in_and_stay_of_unit_length():
    turned = np.array([0.0, 0.0, -1.0], np.float32)
    detail = replace(DETAIL, normals=np.broadcast_to(turned, DETAIL.normals.shape))
    normals = with_detail(WHOLE, detail, BOX).normals
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(normals[70, 240], VIEW.rotation @ turned, atol=1e-5)
    np.testing.assert_allclose(normals[70, BOX.left], NORMAL, atol=0.01)
    np.testing.assert_array_equal(normals[:, : BOX.left], WHOLE.normals[:, : BOX.left])


def test_a_whole_and_a_detail_that_contradict_each_other_leave_the_whole():
    hollow = replace(DETAIL, disparity=2 * DETAIL.disparity.mean() - DETAIL.disparity)
    assert with_detail(WHOLE, hollow, BOX) is WHOLE


class PlaneNetwork:
    """Sees the plane in photos of 300 x 200, and in the square crop round a face."""

    name = "plane"
    batch_sizes = (1, 2)
    resized = staticmethod(resized_on_cpu)

    def __init__(self, box):
        self._box = box

    def __call__(self, inputs):
        pictures, aspects = inputs
        height, width = pictures.shape[2:]
        seen = [self._outputs(aspect, (width, height)) for aspect in aspects]
        return tuple(map(np.stack, zip(*seen, strict=True)))

    def _outputs(self, aspect, size_wh):
        view = LookAside(self._box, CAMERA)
        points, normal = plane(), NORMAL
        if aspect == 1:
            points, normal = self._box.of(points) @ view.rotation, view.rotation.T @ NORMAL
        x, y, z = np.moveaxis(cv2.resize(points, size_wh) / 1000, -1, 0)  # m
        raw = np.stack([x / z, y / z, np.log(z / 2)])
        normals = np.broadcast_to(normal[:, None, None], raw.shape)
        return raw.astype(np.float32), np.ones_like(z), np.float32(2), normals.astype(np.float32)


def test_through_a_network_both_passes_see_the_same_plane():
    face = (220.0, 50.0, 260.0, 90.0)
    crop = crop_round_face((300, 200), face)
    network = NetworkEstimator("plane", PlaneNetwork(crop), PointMapReading(HALF, patch_px=14, tokens=100))
    photo = Photo(np.zeros((200, 300, 3), np.uint8))
    assert grid_size_wh(photo.size_wh) == photo.size_wh
    (once,), (twice,) = network.predict([photo]), network.predict([photo], [face])
    assert twice.camera == once.camera
    assert once.camera.fx == pytest.approx(CAMERA.fx, rel=0.01)
    assert not np.array_equal(once.disparity, twice.disparity)
    np.testing.assert_allclose(twice.disparity, WHOLE.disparity, rtol=0.02)
    np.testing.assert_allclose(twice.normals, WHOLE.normals, atol=1e-3)
