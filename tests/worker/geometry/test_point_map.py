"""The lens and the shift of a point map, against the official code and by hand."""

import math

import numpy as np
import pytest

from shared.cloud.camera import Intrinsics, unproject
from tests.support.seeding import DATA
from worker.geometry.point_map import (
    camera_of,
    depth_by_lens,
    focal_of,
    lens_and_shift,
    shift_for,
)

NETWORKS = ["moge_2_vits_normal", "moge_2_vitb_normal", "moge_2_vitl_normal", "moge_2_vitl"]
CAMERA = Intrinsics.from_focal((80, 60), 100.0)  # the diagonal has 100 pixels, so it is 2 half diagonals
STEP = np.where(np.arange(80) < 40, 1000.0, 1500.0) * np.ones((60, 1))  # (60, 80), one wall before another
EVERYWHERE = np.ones((60, 80), bool)


def shifted(depth, camera, shift):
    """The points of a scene, all moved along the axis."""
    return unproject(depth, camera) + np.array([0, 0, shift])


@pytest.fixture(params=NETWORKS)
def official(request):
    with np.load(DATA / "moge" / f"{request.param}.npz") as arrays:
        return dict(arrays)


def test_lens_and_shift_are_those_of_the_official_code(official):
    points, mask = official["portrait_points"], official["portrait_mask"] > 0.5
    found = lens_and_shift(points, mask)
    assert found.seen
    np.testing.assert_allclose([found.focal, found.shift], official["infer_focal_shift"], atol=1e-6)
    depth = points[..., 2] + found.shift
    np.testing.assert_array_equal(mask & (depth > 0), official["infer_mask"])
    metres = np.where(official["infer_mask"], depth * official["portrait_metric_scale"], np.inf)
    np.testing.assert_allclose(metres, official["infer_depth"], rtol=1e-6)


def test_the_camera_is_that_of_the_official_code_but_for_where_pixels_are_centred(official):
    camera = camera_of(official["infer_focal_shift"][0], (75, 120))
    theirs = official["infer_intrinsics"] * [[75], [120], [1]]
    np.testing.assert_allclose([camera.fx, camera.fy], [theirs[0, 0], theirs[1, 1]], rtol=1e-6)
    np.testing.assert_allclose([camera.cx + 0.5, camera.cy + 0.5], [theirs[0, 2], theirs[1, 2]])
    depth = np.where(official["infer_mask"], official["infer_depth"], np.nan)
    np.testing.assert_allclose(
        unproject(depth, camera)[official["infer_mask"]], official["infer_points"][official["infer_mask"]], atol=1e-5
    )


def test_the_shift_by_a_known_lens_is_that_of_the_official_code(official):
    points, mask = official["portrait_points"], official["portrait_mask"] > 0.5
    shift = shift_for(points, mask, official["infer_fov_focal_shift"][0])
    np.testing.assert_allclose(shift, official["infer_fov_focal_shift"][1], atol=1e-6)


def test_lens_and_shift_agree_with_a_hand_worked_scene():
    points = shifted(STEP, CAMERA, -400)
    np.testing.assert_allclose(points[0, 0], [-395, -295, 600])  # 39.5 and 29.5 pixels off the middle, ten mm each
    np.testing.assert_allclose(points[0, 79], [592.5, -442.5, 1100])
    found = lens_and_shift(points, EVERYWHERE)
    assert found.focal == pytest.approx(2, abs=1e-4)
    assert found.shift == pytest.approx(400, abs=0.1)


def test_where_the_mask_or_a_number_says_nothing_is_there_nothing_counts():
    points = shifted(STEP, CAMERA, -400)
    mask = EVERYWHERE.copy()
    mask[:, 40:] = False
    points[:, 40:] = np.random.default_rng(3).normal(0, 1e4, (60, 40, 3))
    points[5:9, 3:20] = np.nan
    points[20:29, 3:20, 2] = -50
    shift = shift_for(points, mask, 2.0)
    assert shift == pytest.approx(400, abs=0.1)
    assert lens_and_shift(points, mask) == lens_and_shift(np.where(mask[..., None], points, np.nan), mask)


@pytest.mark.parametrize("mask", [~EVERYWHERE, np.add.outer(99 * np.arange(60), np.arange(80)) == 200])
def test_fewer_than_two_points_tell_no_lens_and_no_shift(mask):
    found = lens_and_shift(shifted(STEP, CAMERA, -400), mask)
    assert (found.shift, found.seen) == (0, False)
    assert found.focal == pytest.approx(40 / math.tan(math.radians(20)) / 50)  # 40 degrees over 80 pixels


def test_mirrored_points_tell_no_lens_and_are_placed_by_the_one_that_is_assumed():
    points = shifted(STEP, CAMERA, 0) * [-1, -1, 1]
    found = lens_and_shift(points, EVERYWHERE)
    assert not found.seen
    assert found.focal == pytest.approx(40 / math.tan(math.radians(20)) / 50)
    assert found.shift == shift_for(points, EVERYWHERE, found.focal)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-30, 1e30])
def test_points_that_are_all_the_same_give_finite_numbers(value):
    points = np.full((60, 80, 3), value, np.float32)
    found = lens_and_shift(points, EVERYWHERE)
    assert math.isfinite(found.focal) and math.isfinite(found.shift) and found.focal > 0


def test_a_focal_length_in_half_diagonals_and_a_camera_are_the_same():
    assert camera_of(2.0, (80, 60)) == CAMERA
    assert focal_of(CAMERA.resized((160, 120))) == pytest.approx(2)


def test_a_wall_is_moved_away_as_its_lens_is_longer():
    wall = np.full((60, 80), 500.0)
    moved = depth_by_lens(wall, CAMERA, Intrinsics.from_focal((80, 60), 140.0))
    np.testing.assert_allclose(moved, 700, rtol=1e-4)  # 500 * 140 / 100


def test_another_lens_moves_depth_and_keeps_its_relief():
    moved = depth_by_lens(STEP, CAMERA, Intrinsics.from_focal((80, 60), 150.0))
    np.testing.assert_allclose(moved - moved[0, 0], STEP - STEP[0, 0], atol=1e-3)
    assert 1500 < moved[0, 0] < 1500 + 500 / 2  # by its own distance it would be 1500, by the far wall's 1750


def test_a_thin_scene_seen_by_the_wrong_lens_comes_back_by_the_right_one():
    truth = 900 + 40 * np.cos(np.hypot(*np.mgrid[-1:1:60j, -1:1:80j]))  # a head's relief at arm's length
    wrong = Intrinsics.from_focal((80, 60), 60.0)
    seen = truth - np.median(truth) * (1 - 60 / 100)  # sizes right in the middle, so too near
    back = depth_by_lens(seen, wrong, CAMERA)
    assert np.abs(back - truth).max() < 10
    np.testing.assert_allclose(back - back[0, 0], truth - truth[0, 0], atol=1e-3)


def test_depth_stays_unknown_where_it_was_and_what_comes_behind_the_camera_is_lost():
    depth = STEP.astype(np.float32)
    depth[:5] = np.nan
    depth[5:9, :4] = 100  # before the near wall, which has to fit
    wide = Intrinsics.from_focal((80, 60), 70.0)
    moved = depth_by_lens(depth, CAMERA, wide, where=depth == 1000)
    assert moved.dtype == np.float32
    assert np.isnan(moved[:5]).all() and np.isnan(moved[5:9, :4]).all()
    np.testing.assert_allclose(moved[9:, :40], 700, rtol=1e-3)
    np.testing.assert_allclose(moved[9:, 40:], 1200, rtol=1e-3)
