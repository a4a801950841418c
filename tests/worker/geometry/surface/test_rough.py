"""The point cloud of a rough depth map."""

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.format import bytes_from_cloud, cloud_from_bytes
from worker.geometry.surface.rough import rough_cloud_from_depth

CAMERA = Intrinsics.from_focal((6, 4), 8.0)
DEPTH = np.full((4, 6), np.nan, np.float32)
DEPTH[1:3, 1:5] = [[600, 605, 610, 615], [600, 605, 610, 620]]


def cloud_of(pixels: np.ndarray):
    confidence = np.where(np.isfinite(DEPTH), np.float32(0.5), np.float32(0))
    return rough_cloud_from_depth(DEPTH, confidence, CAMERA, "mm", pixels)


def test_every_pixel_with_depth_is_a_point_in_the_colour_of_the_photo_there():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, 30:] = (200, 100, 50)
    cloud = cloud_of(pixels)
    np.testing.assert_array_equal(cloud.mask, np.isfinite(DEPTH))
    assert cloud.rgb[1, 1].tolist() == [0, 0, 0] and cloud.rgb[1, 4].tolist() == [200, 100, 50]
    assert cloud.gray[1, 1] == 255 > cloud.gray[1, 4] > cloud.gray[2, 4] > 0
    assert cloud.confidence[1, 1] == 128 and cloud.confidence[0, 0] == 0


def test_what_its_points_show_is_not_known():
    assert set(cloud_of(np.zeros((4, 6, 3), np.uint8)).classes[1:3, 1:5].ravel()) == {PointClass.OTHER}


def test_it_is_stored_as_clouds_are():
    cloud = cloud_of(np.full((8, 12, 3), 7, np.uint8))
    back = cloud_from_bytes(bytes_from_cloud(cloud))
    np.testing.assert_allclose(back.depth, cloud.depth, atol=0.01)
    assert back.camera == cloud.camera
