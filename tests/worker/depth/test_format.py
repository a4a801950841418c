from dataclasses import replace

import numpy as np
import pytest

from shared.cloud.classes import PointClass
from tests.support.scenes import CAMERA_220, ball_depth_map
from worker.depth.format import bytes_from_depth_map, depth_map_from_bytes
from worker.person.person import Person


def test_a_depth_map_survives_its_file():
    stored = depth_map_from_bytes(bytes_from_depth_map(ball_depth_map()))
    np.testing.assert_array_equal(stored.depth, ball_depth_map().depth)
    np.testing.assert_array_equal(stored.confidence, ball_depth_map().confidence)
    assert (stored.camera, stored.unit, stored.report) == (CAMERA_220, "mm", {"faces": 1, "advice": None})
    assert stored.depth.dtype == np.float32


def test_the_person_and_the_network_s_disparity_survive_with_it():
    ball = ball_depth_map()
    alpha = np.where(ball.mask, 1, 51 / 255).astype(np.float32)
    person = Person(alpha, np.where(ball.mask, np.uint8(PointClass.HAIR), np.uint8(0)), outline_found=False)
    stored = depth_map_from_bytes(bytes_from_depth_map(replace(ball, person=person, disparity=alpha * 7)))
    np.testing.assert_allclose(stored.person.alpha, alpha, atol=1e-6)
    np.testing.assert_array_equal(stored.person.classes, person.classes)
    np.testing.assert_array_equal(stored.disparity, alpha * 7)
    assert not stored.person.outline_found


def test_a_depth_map_lies_as_its_photo_does_and_says_how_its_person_stands_upright():
    lying = ball_depth_map().turned(3)
    stored = depth_map_from_bytes(bytes_from_depth_map(lying))
    assert (stored.quarters, stored.depth.shape) == (1, ball_depth_map().depth.shape[::-1])
    np.testing.assert_array_equal(stored.turned(1).depth, ball_depth_map().depth)
    assert stored.turned(1).camera == CAMERA_220


def test_the_depth_file_has_the_keys_that_are_promised(tmp_path):
    (tmp_path / "depth.npz").write_bytes(bytes_from_depth_map(ball_depth_map()))
    with np.load(tmp_path / "depth.npz") as file:
        assert {"depth", "unit", "fx", "fy", "cx", "cy", "mask"} <= set(file)
        assert str(file["unit"]) == "mm"
        assert (float(file["fx"]), float(file["cx"])) == (500, 109.5)
        np.testing.assert_array_equal(file["mask"], np.isfinite(file["depth"]))


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="inch"):
        depth_map_from_bytes(bytes_from_depth_map(replace(ball_depth_map(), unit="inch")))
