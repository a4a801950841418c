"""A network that knows its shift and its scale, and what it does not vouch for, on a scene of which all is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.options import ModelOptions
from tests.support.fusing import CAMERA, FACE, HEAD, ON_HEAD, SCENE, U, V, bust, disparity_of
from tests.support.scenes import noise
from worker.depth.fusion import fused
from worker.depth.prediction import Prediction
from worker.pipeline import build_cloud

ON_FACE = np.isfinite(FACE)
BESIDE = ON_HEAD & ~ON_FACE
EVERYWHERE = np.ones(SCENE.shape, bool)
EATEN = ON_HEAD & (U > 150) & (V > 60)  # where a shoulder would be


def likely():
    """A bust that is 8 mm off beside the face."""
    given = bust()
    depth = np.where(ON_FACE, FACE, HEAD + 8 * np.sign(U - 109.5)).astype(np.float32)
    return replace(given, depth_map=replace(given.depth_map, depth=depth))


def metric(depth=SCENE, mask=None, times=1.0):
    """A network's word in mm, all of it so many times too large."""
    return Prediction((1 / (times * depth)).astype(np.float32), "metric", mask)


def masked(mask, times=1.0):
    known = metric(times=times).disparity
    return Prediction(np.where(mask, known, 0).astype(np.float32), "metric", mask)


@pytest.fixture(scope="module")
def plain():
    return fused(metric(), likely())


def test_the_scale_is_the_face_s_whatever_the_network_says(plain):
    for times in (0.5, 2.0):
        other = fused(metric(times=times), likely())
        np.testing.assert_allclose(other.depth, plain.depth, rtol=1e-4)
        assert other.report["network"]["scale_ratio"] == pytest.approx(1 / times, abs=0.01)
    assert plain.report["network"]["scale"] == "metric"
    assert plain.report["network"]["scale_ratio"] == pytest.approx(1, abs=0.01)


def test_what_lies_behind_keeps_the_layout_that_the_network_gives_it(plain):
    assert np.median(plain.depth[~ON_HEAD]) == pytest.approx(2000, rel=0.02)
    affine = fused(Prediction(disparity_of(SCENE)), likely())
    assert abs(np.median(affine.depth[~ON_HEAD]) / 2000 - 1) > 0.05  # a wall that is nobody's has no say in a fit


def test_a_relative_network_has_no_scale_to_compare_and_is_joined_alike(plain):
    relative = fused(replace(metric(times=1e-3), scale="relative"), likely())
    assert "scale_ratio" not in relative.report["network"]
    np.testing.assert_allclose(relative.depth, plain.depth, rtol=1e-4)


def test_beside_the_person_there_is_no_depth_where_a_mask_swallows_the_wall(plain):
    result = fused(masked(ON_HEAD), likely())
    np.testing.assert_array_equal(result.person.mask, ON_HEAD)
    np.testing.assert_array_equal(result.mask, ON_HEAD)
    assert not result.confidence[~ON_HEAD].any()
    assert np.isnan(result.disparity[~ON_HEAD]).all()
    assert np.percentile(np.abs(result.depth - plain.depth)[ON_HEAD], 99) < 10


@pytest.mark.parametrize("background", ["keep", "remove"])
@pytest.mark.parametrize("wall", [ON_HEAD, ON_HEAD | (U < 3)], ids=["no wall", "a strip of a wall"])
def test_a_cloud_of_it_is_the_person_and_what_is_known_of_the_wall(wall, background):
    depth_map = fused(masked(wall), likely())
    cloud, report = build_cloud(depth_map, np.zeros((160, 220, 3), np.uint8), ModelOptions(background=background))
    depth = cloud.depth[np.isfinite(cloud.depth)]
    assert report["unit"] == "mm"
    assert ((depth < 720) | (depth > 1500)).all()
    assert (depth > 1500).any() == (background == "keep" and wall[0, 0])


def test_a_part_of_the_person_that_the_mask_leaves_out_follows_the_bust_and_meets_what_is_known(plain):
    result = fused(masked(EVERYWHERE & ~EATEN), likely())
    np.testing.assert_array_equal(result.person.mask, ON_HEAD)
    assert np.isfinite(result.depth[ON_HEAD]).all()
    # The bust lies 8 mm off there; next to what is known the difference is made up for.
    error = np.abs(result.depth - HEAD)
    assert np.median(error[EATEN]) < 8
    assert np.abs(result.depth - plain.depth)[EATEN].max() < 15
    assert (result.confidence[EATEN] <= likely().depth_map.confidence[EATEN]).all()


def test_a_mask_that_leaves_out_wall_and_shoulder_takes_nothing_from_the_person():
    result = fused(masked(ON_HEAD & ~EATEN), likely())
    np.testing.assert_array_equal(result.person.mask, ON_HEAD)
    np.testing.assert_array_equal(result.mask, ON_HEAD)


def test_a_hole_in_the_face_is_the_face(plain):
    hole = (np.abs(U - 100) < 8) & (np.abs(V - 70) < 6)
    result = fused(masked(~hole), likely())
    assert np.abs(result.depth - HEAD)[hole].max() < 2
    assert result.confidence[70, 100] == 1


def test_without_an_outline_the_mask_s_edge_ends_the_person():
    result = fused(masked(ON_HEAD), bust(silhouette_found=False))
    assert (result.person.mask & ON_HEAD).sum() / (result.person.mask | ON_HEAD).sum() > 0.95


@pytest.mark.parametrize("mask", [~ON_HEAD, np.zeros(SCENE.shape, bool), ~ON_FACE], ids=["person", "all", "face"])
def test_a_mask_that_leaves_the_face_out_leaves_the_bust_as_it_is(mask):
    given = bust()
    result = fused(masked(mask), given)
    np.testing.assert_array_equal(result.depth, given.depth_map.depth)
    assert not result.report["anchored"]


def test_a_zero_that_no_mask_excuses_is_nothing():
    prediction = metric()
    holed = np.where(ON_HEAD, prediction.disparity, 0).astype(np.float32)
    np.testing.assert_array_equal(fused(replace(prediction, disparity=holed), likely()).mask, ON_HEAD)


def test_a_head_that_a_metric_network_draws_flat_is_little_worse_than_the_bust():
    middle = float(np.median(HEAD[ON_FACE]))
    flat = np.where(ON_HEAD, middle + 0.3 * (HEAD - middle), 2000.0)
    result = fused(metric(flat), likely())
    beside = ON_HEAD & ~ON_FACE
    network = result.report["network"]
    assert network["own_depth_mm"] < 0.5 * network["measured_depth_mm"]
    assert np.median(np.abs(result.depth - HEAD)[beside]) < 8  # as far off as the bust is
    assert np.median(np.abs(result.depth - HEAD)[ON_FACE]) < 0.5


def test_by_a_lens_that_is_not_its_own_a_network_counts_less_and_the_face_keeps_its_distance():
    longer = replace(CAMERA, fx=1.4 * CAMERA.fx, fy=1.4 * CAMERA.fy)
    own, other = (fused(replace(metric(), camera=camera), likely()) for camera in (CAMERA, longer))
    np.testing.assert_allclose(own.depth, fused(metric(), likely()).depth)
    assert np.median(np.abs(other.depth - own.depth)[ON_FACE]) < 0.5
    # Seen by the shorter lens that is used, everything is nearer by 0.4 of the distance that it has by the longer one.
    assert other.report["network"]["scale_ratio"] == pytest.approx(1.4, rel=0.1)


@pytest.mark.parametrize("blur_px", [0, 3])
def test_noise_in_mm_behind_a_mask_leaves_the_bust_as_it_is(blur_px):
    rough = noise(SCENE.shape, 1.0)
    spread = cv2.GaussianBlur(rough, (0, 0), blur_px) if blur_px else rough
    given = likely()
    depth = 600 * np.exp(0.2 * spread / spread.std())
    result = fused(replace(masked(ON_HEAD), disparity=np.where(ON_HEAD, 1 / depth, 0).astype(np.float32)), given)
    np.testing.assert_array_equal(result.depth, given.depth_map.depth)
    assert not result.report["anchored"]
    assert result.report["network"]["scale"] == "metric"
