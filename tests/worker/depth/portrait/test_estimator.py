import re

import cv2
import numpy as np
import pytest

from shared.cloud.camera import unproject
from shared.cloud.quarters import turned
from shared.errors import NoFaceError, WeightsError
from tests.support.covering import COVERS, covered_by
from worker.depth.estimator import DepthMap, Photo
from worker.depth.portrait.estimator import Portrait
from worker.depth.portrait.placing import facing
from worker.report import lengths_of


@pytest.fixture(scope="module")
def result(model, astronaut) -> DepthMap:
    (depth_map,) = model.estimate([Photo(astronaut)])
    return depth_map


def test_depth_is_metric_positive_and_only_of_the_person(result):
    assert result.unit == "mm"
    assert result.depth.dtype == np.float32
    assert (result.depth[result.mask] > 300).all()
    assert 0.15 < result.mask.mean() < 0.6
    assert not result.mask[40, 330]


def test_the_whole_person_has_depth_unless_the_bust_is_asked_for(model, astronaut, result):
    (bust,) = model.estimate([Photo(astronaut, extent="bust")])
    np.testing.assert_array_equal(result.mask, result.person.mask)
    assert bust.mask.sum() < 0.95 * result.mask.sum()
    assert not (bust.mask & ~result.mask).any()
    assert np.array_equal(bust.depth[bust.mask], result.depth[bust.mask])


@pytest.mark.parametrize("quarters", [1, 2])
def test_a_photo_that_lies_has_the_same_depth_in_the_place_where_it_shows_it(model, astronaut, result, quarters):
    cut = np.ascontiguousarray(astronaut[:, 4:-3])
    (upright,), (lying,) = (model.estimate([Photo(turned(cut, turns), 50.0)]) for turns in (0, quarters))
    assert (upright.quarters, lying.quarters) == (0, 4 - quarters)
    np.testing.assert_allclose(lying.turned(-quarters).depth, upright.depth, atol=0.01)
    np.testing.assert_array_equal(lying.turned(-quarters).person.classes, upright.person.classes)
    np.testing.assert_allclose(lying.turned(-quarters).head.shift_mm, upright.head.shift_mm, atol=0.01)
    assert abs(lying.report["roll_deg"]) == pytest.approx(90 * quarters, abs=12)


@pytest.mark.parametrize(("cover", "source"), [("mask", "irises"), ("sunglasses", "assumed")])
def test_a_face_that_is_covered_is_sure_only_where_it_shows(model, finder, astronaut, result, cover, source):
    (face, *_) = finder.find_faces(astronaut)
    (found,) = model.estimate([Photo(covered_by(cover, astronaut, face.landmarks[:, :2]))])
    assert set(COVERS[cover]) <= set(found.report["guessed"])
    assert result.report["guessed"] == []
    assert found.report["scale"]["source"] == source
    mouth, eye = ((*face.landmarks[index, :2].round().astype(int)[::-1],) for index in (13, 159))
    hidden, seen = (mouth, eye) if cover == "mask" else (eye, mouth)
    assert found.confidence[hidden] <= 0.45 < 0.6 < found.confidence[seen]


def test_the_nose_is_nearest_and_the_hair_behind_it(result):
    nose, hair, cheek = result.depth[118, 225], result.depth[45, 225], result.depth[118, 200]
    assert 10 < cheek - nose < 60
    assert 10 < hair - nose < 150


def test_eyes_are_as_far_apart_in_space_as_the_report_says(result, finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    scale = result.report["scale"]
    assert scale["source"] == "irises"
    points = unproject(result.depth, result.camera)
    eyes = [face.landmarks[list(pair), :2].mean(0).round().astype(int) for pair in ((33, 133), (362, 263))]
    assert np.linalg.norm(np.subtract(*[points[v, u] for u, v in eyes])) == pytest.approx(
        scale["pupil_distance_mm"], abs=4
    )


def test_a_longer_lens_puts_the_camera_further_away(model, astronaut):
    near, far = model.estimate([Photo(astronaut, fov_x_deg=60), Photo(astronaut, fov_x_deg=20)])
    assert far.report["distance_mm"] > 2.5 * near.report["distance_mm"]


def test_a_tight_crop_of_a_face_is_not_taken_for_a_selfie(model, astronaut):
    crop = Photo(np.ascontiguousarray(astronaut[55:200, 160:290]))
    (assumed, given) = model.estimate([crop, Photo(crop.pixels, fov_x_deg=40)])
    assert (assumed.report["camera"], given.report["camera"]) == ("assumed", "given")
    assert assumed.report["distance_mm"] == pytest.approx(600, rel=0.02)
    assert given.report["distance_mm"] < 400
    assert "Taken from" not in (assumed.report["advice"] or "")
    assert "Taken from" in given.report["advice"]


def test_a_lens_by_which_the_face_is_implausibly_near_or_far_is_not_believed(model, astronaut):
    crop = np.ascontiguousarray(astronaut[55:200, 160:290])
    doubt = "by it the face is"
    near, far, right = model.estimate(
        [Photo(crop, focal_35mm=24), Photo(astronaut, focal_35mm=600), Photo(astronaut, focal_35mm=85)]
    )
    for depth_map, words in (
        (near, r"1\d cm from the camera, as if"),
        (far, r"\d\.\d m from the camera, and yet 1\d%"),
    ):
        assert depth_map.report["camera"] == "assumed"
        assert re.search(words, depth_map.report["camera_note"])
        assert doubt in lengths_of(depth_map.report, unit="mm", pupil_distance_mm=None)["distance from the camera"]
        assert depth_map.report["distance_mm"] < 2000
    assert (right.report["camera"], right.report["camera_note"]) == ("exif", None)
    [given] = model.estimate([Photo(crop, focal_35mm=24, fov_x_deg=40)])
    assert (given.report["camera"], given.report["camera_note"]) == ("given", None)


def test_what_is_wrong_with_a_photos_file_is_in_the_report(model, astronaut):
    [depth_map] = model.estimate([Photo(astronaut, focal_doubt="Not believed.", damage="Cut short.")])
    assert (depth_map.report["camera"], depth_map.report["camera_note"]) == ("assumed", "Not believed.")
    assert depth_map.report["photo_note"] == "Cut short."


def test_twice_the_pupil_distance_is_twice_the_person(model, astronaut):
    small, large = model.estimate([Photo(astronaut, pupil_distance_mm=mm) for mm in (63, 126)])
    np.testing.assert_allclose(large.depth, 2 * small.depth, rtol=1e-5)
    assert large.report["distance_mm"] == pytest.approx(2 * small.report["distance_mm"], abs=1)
    assert large.report["scale"]["source"] == "given"


def test_a_photo_larger_than_the_grid_gives_the_grid_s_depth(model, astronaut):
    large = cv2.resize(astronaut[:, 40:440], (1600, 2048), interpolation=cv2.INTER_CUBIC)
    (depth_map,) = model.estimate([Photo(large)])
    assert depth_map.depth.shape == depth_map.confidence.shape == (1024, 800)
    assert (depth_map.camera.width, depth_map.camera.height) == (800, 1024)


def test_no_face_is_an_error_in_the_photo_s_place(model, astronaut):
    wall = np.full((200, 300, 3), 90, np.uint8)
    first, second = model.estimate([Photo(wall), Photo(astronaut)])
    assert isinstance(first, NoFaceError)
    assert "face turned to the camera" in str(first)
    assert isinstance(second, DepthMap)


def test_estimating_twice_gives_the_same_depth(model, astronaut, result):
    (again,) = model.estimate([Photo(astronaut)])
    assert np.array_equal(again.depth, result.depth, equal_nan=True)


def test_confidence_lies_between_0_and_1_and_is_0_where_nothing_is(result):
    assert result.confidence.min() >= 0 and result.confidence.max() <= 1
    assert (result.confidence[~result.mask] == 0).all()


def test_a_tiny_photo_does_not_break_the_model(model):
    (answer,) = model.estimate([Photo(np.zeros((1, 3, 3), np.uint8))])
    assert isinstance(answer, NoFaceError)


def test_absent_weights_are_named(tmp_path):
    with pytest.raises(WeightsError, match=r"face_detection_short_range\.tflite"):
        Portrait(tmp_path)


def test_a_triangle_that_faces_away_is_left_out():
    corners = np.array([[10.0, 10, 700], [10, 30, 700], [50, 10, 700]])
    towards, away = [0, 1, 2], [0, 2, 1]
    assert facing(corners, np.array([towards, away])).tolist() == [towards]
