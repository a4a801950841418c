import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
import trimesh

from shared.cloud.format import cloud_from_bytes
from shared.cloud.quarters import turned
from shared.errors import NoFaceError, PhotoError
from shared.options import ModelOptions
from tests.support.scenes import ball_depth_map
from worker import pipeline
from worker.depth.estimator import Photo
from worker.person.person import Person

PIXELS = np.random.default_rng(2).integers(0, 256, (160, 220, 3), dtype=np.uint8)


class Answer:
    """An estimator that answers as it was told."""

    def __init__(self, answer):
        self.answer = answer

    def estimate(self, photos):
        self.photos = photos
        return [self.answer for _ in photos]


def test_an_estimate_comes_back_and_a_refusal_is_raised():
    expected = ball_depth_map()
    assert pipeline.estimate_depth(Answer(expected), Photo(PIXELS)) is expected
    with pytest.raises(NoFaceError, match="no face"):
        pipeline.estimate_depth(Answer(NoFaceError("no face")), Photo(PIXELS))


def test_the_pictures_show_the_nearest_lightest_and_nothing_black():
    files = pipeline.depth_files(ball_depth_map(), model="a_model")
    for name, dtype, brightest in (("depth.png", np.uint8, 255), ("depth16.png", np.uint16, 65535)):
        picture = cv2.imdecode(np.frombuffer(files[name], np.uint8), cv2.IMREAD_UNCHANGED)
        assert (picture.dtype, picture.shape) == (dtype, (160, 220))
        assert picture[79:81, 109:111].min() > 0.99 * brightest
        np.testing.assert_array_equal(picture > 0, ball_depth_map().mask)


def networks_depth_map():
    """The ball before a wall, as a network's job has it: depth of the whole photo, and who is the person."""
    ball = ball_depth_map()
    depth = np.where(ball.mask, ball.depth, np.float32(3000))
    disparity = (1e6 / depth).astype(np.float32)
    return replace(ball, depth=depth, disparity=disparity, person=Person.of_mask(ball.mask))


def test_the_depth_map_of_a_network_s_job_is_the_network_s_and_the_metric_one_a_second_picture():
    depth_map = networks_depth_map()
    upside_down = replace(depth_map, disparity=-depth_map.disparity)
    files = pipeline.depth_files(upside_down, model="a_model")
    pictures = {
        name: cv2.imdecode(np.frombuffer(files[name], np.uint8), cv2.IMREAD_UNCHANGED).astype(int)
        for name in ("depth.png", "depth16.png", "depth_metric.png")
    }
    for name, brightest in (("depth.png", 255), ("depth16.png", 65535)):
        assert pictures[name][0, 0] == brightest
        assert pictures[name][80, 110] < 0.01 * brightest
    assert pictures["depth_metric.png"][80, 110] > 250
    assert pictures["depth_metric.png"][0, 0] == 40  # the farthest there is
    relative = replace(depth_map, unit="relative")
    assert "depth_metric.png" not in pipeline.depth_files(relative, model="a_model")
    assert "depth_metric.png" not in pipeline.depth_files(ball_depth_map(), model="a_model")


def test_removing_the_background_leaves_the_person_and_keeping_it_leaves_everything():
    depth_map = networks_depth_map()
    alone, removed = pipeline.build_cloud(depth_map, PIXELS, ModelOptions(point_budget=50_000))
    whole, kept = pipeline.build_cloud(depth_map, PIXELS, ModelOptions(point_budget=50_000, background="keep"))
    assert (removed["background"], kept["background"]) == ("found", "kept")
    assert alone.depth[alone.mask].max() < 800
    assert alone.count == pytest.approx(ball_depth_map().mask.sum(), rel=0.03)
    assert whole.count > 0.95 * PIXELS.shape[0] * PIXELS.shape[1]
    assert ((whole.depth[whole.mask] < 720) | (whole.depth[whole.mask] > 2900)).all()


def test_a_cloud_is_built_with_a_report_and_stored_in_both_formats():
    options = ModelOptions(point_budget=5000, color="photo")
    cloud, report = pipeline.build_cloud(ball_depth_map(), PIXELS, options)
    files = pipeline.cloud_files(cloud, PIXELS, options, model="a_model")
    assert report["points"] == cloud.count == cloud_from_bytes(files["cloud.rlf"]).count
    header = files["cloud.ply"].split(b"end_header")[0].decode()
    assert f"element vertex {cloud.count}\n" in header
    for words in ("depth model: a_model", "point_budget=5000", "unit: mm", "generator: Relief"):
        assert words in header


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_of_a_photo_that_lies_the_pictures_lie_as_it_does_and_the_models_stand_upright(quarters):
    options = ModelOptions(point_budget=5000, color="photo")
    upright, lying = networks_depth_map(), networks_depth_map().turned(-quarters)
    pixels = turned(PIXELS, -quarters)
    picture = cv2.imdecode(np.frombuffer(pipeline.depth_files(lying, model="a")["depth.png"], np.uint8), -1)
    assert picture.shape == pixels.shape[:2]
    (cloud, _), (expected, _) = (
        pipeline.build_cloud(depth_map, photo, options) for depth_map, photo in ((lying, pixels), (upright, PIXELS))
    )
    assert (cloud.quarters, expected.quarters) == (quarters, 0)
    np.testing.assert_array_equal(cloud.depth, expected.depth)
    np.testing.assert_array_equal(cloud.rgb, expected.rgb)
    meshes, others = (
        pipeline.mesh_files(one, photo, options, model="a") for one, photo in ((cloud, pixels), (expected, PIXELS))
    )
    assert meshes["face.glb"] == others["face.glb"]


def test_the_meshes_are_whole_and_say_what_made_them():
    options = ModelOptions(point_budget=5000)
    cloud, _ = pipeline.build_cloud(ball_depth_map(), PIXELS, options)
    files = pipeline.mesh_files(cloud, PIXELS, options, model="a_model")
    meshes = {"face.glb", "face.obj.zip", "face.ply", "face.stl"}
    assert set(files) == meshes | {"normals.png", "turntable.jpg", "preview.jpg"}
    for name in ("face.glb", "face.ply", "face.stl", "normals.png"):
        assert b"a_model" in files[name], name
    assert trimesh.load(io.BytesIO(files["face.stl"]), file_type="stl").is_watertight


def test_points_that_make_no_surface_are_refused_in_words():
    torn = np.full((160, 220), np.nan, np.float32)
    torn[80, 50:90] = 600
    cloud, _ = pipeline.build_cloud(replace(ball_depth_map(), depth=torn), PIXELS, ModelOptions())
    with pytest.raises(PhotoError, match="too small or too torn"):
        pipeline.mesh_files(cloud, PIXELS, ModelOptions(), model="a_model")


def test_a_photo_without_any_depth_is_refused_in_words():
    nothing = replace(ball_depth_map(), depth=np.full((160, 220), np.nan, np.float32))
    with pytest.raises(PhotoError, match="no depth was found"):
        pipeline.build_cloud(nothing, PIXELS, ModelOptions())
