from dataclasses import replace

import numpy as np
import pytest

from shared.options import ModelOptions
from shared.results import METRIC_IMAGE
from worker.depth.alone import depth_map_alone
from worker.depth.estimator import Photo
from worker.depth.prediction import Prediction
from worker.geometry.camera import camera_for
from worker.pipeline import build_cloud, depth_files, mesh_files

PHOTO = Photo(np.zeros((30, 40, 3), np.uint8))
DEPTH = np.tile(np.linspace(1000, 3000, 40), (30, 1))
KNOWN = np.tile(np.arange(40) < 30, (30, 1))


def given(scale, times=1.0, mask=None, camera=None):
    disparity = np.where(True if mask is None else mask, times / DEPTH, 0).astype(np.float32)
    return Prediction(disparity, scale, mask, camera=camera)


def test_a_metric_network_alone_gives_its_own_millimetres_and_says_whose_word_that_is():
    result = depth_map_alone(PHOTO, given("metric"), {"backend": "torch"})
    np.testing.assert_allclose(result.depth, DEPTH, rtol=1e-6)
    assert (result.unit, result.depth.dtype) == ("mm", np.float32)
    assert "scale" not in result.report  # that is a face's
    assert result.report["backend"] == "torch"


def test_what_the_network_does_not_vouch_for_has_no_depth():
    result = depth_map_alone(PHOTO, given("metric", mask=KNOWN), {})
    np.testing.assert_array_equal(result.mask, KNOWN)
    np.testing.assert_array_equal(np.isfinite(result.disparity), KNOWN)
    assert not result.confidence[~KNOWN].any()
    assert result.confidence[:, 2:28].min() > 0.1


@pytest.mark.parametrize("times", [1.0, 1e-3, 50.0])
def test_a_relative_network_alone_keeps_proportions_and_no_unit(times):
    result = depth_map_alone(PHOTO, given("relative", times), {})
    assert result.unit == "relative"
    assert "scale" not in result.report
    np.testing.assert_allclose(result.depth / result.depth[0, 0], DEPTH / DEPTH[0, 0], rtol=1e-5)
    assert result.depth.min() == pytest.approx(1, rel=0.03)


def test_a_disparity_alone_is_spread_over_an_assumed_range():
    result = depth_map_alone(PHOTO, given("affine", 7.0), {})
    assert (result.unit, result.report["camera"]) == ("relative", "assumed")
    assert result.depth.max() / result.depth.min() == pytest.approx(3, rel=0.1)


def test_the_photo_s_own_lens_goes_before_the_network_s_which_moves_all_away():
    seen_by = camera_for((40, 30), (40, 30), fov_x_deg=60)
    # A lens twice as long, for a wall of known width, is twice as far away.
    wall = Prediction(np.full((30, 40), 1 / 1000, np.float32), "metric", camera=seen_by)
    fov_x_deg = float(np.degrees(2 * np.arctan(np.tan(np.radians(30)) / 2)))
    photo = Photo(PHOTO.pixels, fov_x_deg=fov_x_deg)
    result = depth_map_alone(photo, wall, {})
    np.testing.assert_allclose(result.depth, 2000, rtol=0.01)
    assert result.camera.fx == pytest.approx(2 * seen_by.fx)
    assert result.report["camera"] == "given"


def test_the_network_s_lens_is_used_as_it_is_where_nothing_better_is_known():
    seen_by = camera_for((40, 30), (40, 30), fov_x_deg=60)
    photo = Photo(PHOTO.pixels, network_fov_x_deg=seen_by.fov_x_deg)
    result = depth_map_alone(photo, given("metric", camera=seen_by), {})
    assert result.camera.fx == pytest.approx(seen_by.fx)
    np.testing.assert_allclose(result.depth, DEPTH, rtol=1e-6)
    assert result.report["camera"] == "network"


@pytest.mark.parametrize("background", ["keep", "remove"])
def test_all_files_are_made_of_a_scene_in_which_no_person_is_known(background):
    options = ModelOptions(background=background)
    depth_map = depth_map_alone(PHOTO, given("metric", mask=KNOWN), {"face_found": False})
    cloud, report = build_cloud(depth_map, PHOTO.pixels, options)
    assert (cloud.unit, report["unit"], cloud.count) == ("mm", "mm", KNOWN.sum())
    assert METRIC_IMAGE in depth_files(depth_map, model="moge")
    assert mesh_files(cloud, PHOTO.pixels, options, model="moge")


def test_a_scene_in_mm_is_torn_where_one_thing_stands_before_another():
    behind = np.where(np.arange(40) < 20, 1000.0, 1080.0) * np.ones((30, 1))
    scene = depth_map_alone(replace(PHOTO, fov_x_deg=5), Prediction((1 / behind).astype(np.float32), "metric"), {})
    cloud, _ = build_cloud(scene, PHOTO.pixels, ModelOptions(background="keep"))
    assert cloud.joined_ratio < 0.08  # within a body as much would be a chin before a neck
