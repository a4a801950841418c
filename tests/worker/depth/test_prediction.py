"""A point map seen by another lens."""

import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.prediction import Prediction, with_lens

CAMERA = Intrinsics.from_focal((8, 6), 10.0)
LONGER = Intrinsics.from_focal((8, 6), 15.0)
SKY = np.full((6, 8), 1 / 500, np.float32)
SKY[:2] = 0  # infinitely far


@pytest.mark.parametrize("scale", ["metric", "relative"])
def test_a_wall_is_as_much_farther_as_the_lens_is_longer(scale):
    by_longer = with_lens(Prediction(SKY, scale, camera=CAMERA), LONGER)
    np.testing.assert_allclose(by_longer.disparity[2:], 1 / 750, rtol=1e-4)  # 500 mm * 15 / 10
    np.testing.assert_array_equal(by_longer.disparity[:2], 0)
    assert by_longer.mask.all()
    assert (by_longer.camera, by_longer.scale, by_longer.disparity.dtype) == (LONGER, scale, np.float32)


def test_where_it_vouches_for_nothing_it_still_does_not():
    mask = SKY > 0
    normals = np.ones((6, 8, 3), np.float32)
    by_longer = with_lens(Prediction(SKY, "metric", mask, normals, CAMERA), LONGER)
    np.testing.assert_array_equal(by_longer.mask, mask)
    assert by_longer.normals is normals


def test_the_part_that_has_to_fit_decides_how_far_all_is_moved():
    disparity = SKY.copy()
    disparity[2:, 4:] = 1 / 1000
    person = SKY[:, :1] * (np.arange(8) < 4) > 0
    by_longer = with_lens(Prediction(disparity, "metric", camera=CAMERA), LONGER, person)
    np.testing.assert_allclose(1 / by_longer.disparity[2:, :4], 750, rtol=1e-4)
    np.testing.assert_allclose(1 / by_longer.disparity[2:, 4:], 1250, rtol=1e-4)


def test_what_comes_behind_the_camera_is_vouched_for_no_longer():
    disparity = SKY.copy()
    disparity[5, 7] = 1 / 50
    shorter = Intrinsics.from_focal((8, 6), 7.0)
    by_shorter = with_lens(Prediction(disparity, "metric", camera=CAMERA), shorter, disparity < 1 / 100)
    assert (by_shorter.disparity[5, 7], by_shorter.mask[5, 7]) == (0, False)
    assert by_shorter.mask.sum() == 47


@pytest.mark.parametrize(
    "prediction",
    [
        Prediction(SKY),
        Prediction(SKY, "affine", camera=CAMERA),
        Prediction(SKY, "metric"),
        Prediction(SKY, "metric", camera=LONGER),
    ],
)
def test_without_a_point_map_or_by_its_own_lens_a_prediction_stays_as_it_is(prediction):
    assert with_lens(prediction, LONGER) is prediction


def test_known_is_what_it_vouches_for_and_of_a_known_shift_what_is_at_a_finite_distance():
    disparity = np.array([[2.0, -1.0, 0.0, np.inf]], np.float32)
    mask = np.array([[False, True, True, True]])
    np.testing.assert_array_equal(Prediction(disparity).known, [[2, -1, 0, np.nan]])
    np.testing.assert_array_equal(Prediction(disparity, mask=mask).known, [[np.nan, -1, 0, np.nan]])
    for scale in ("relative", "metric"):
        np.testing.assert_array_equal(Prediction(disparity, scale).known, [[2, np.nan, np.nan, np.nan]])


def test_what_is_known_everywhere_is_not_copied():
    disparity = np.ones((2, 3), np.float32)
    assert Prediction(disparity, "metric").known is disparity
