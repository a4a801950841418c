from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.errors import PhotoError
from shared.maps.disparity import Disparity
from shared.maps.points import PointMap
from tests.support.fusing import CAMERA, HEAD, SCENE, bust, disparity_of
from worker.depth.alone import depth_map_alone
from worker.depth.anchored import Anchored
from worker.depth.estimator import DepthMap, Photo
from worker.depth.prediction import Prediction
from worker.person.face import Face

LANDMARKS = Face(np.array([[90.0, 60, 0], [130, 100, 0]]), 1.0)
PHOTO = Photo(np.zeros((160, 220, 3), np.uint8))


class Network:
    def __init__(self, answer):
        self.answer = answer

    def predict(self, photos, faces=None):
        self.faces = faces
        return [self.answer if isinstance(self.answer, PhotoError) else Prediction(self.answer) for _ in photos]

    def alone(self, photo, prediction):
        return DepthMap(np.ones((160, 220), np.float32), CAMERA, "relative", np.ones((160, 220)), {})


class Finder:
    """Finds one face in each photo, where it has a bust for it; counts how often it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = 0

    def upright(self, photo):
        self.asked += 1
        return photo, [LANDMARKS] if self.answer else []

    def depth_of(self, photo, faces):
        return self.answer.depth_map

    def bust_of(self, photo, faces, prediction):
        assert faces == [LANDMARKS]
        return self.answer


def test_without_a_face_the_network_s_own_relative_depth_remains():
    [result] = Anchored(Network(disparity_of(SCENE)), Finder(None)).estimate([PHOTO])
    assert result.unit == "relative"
    assert result.report == {"face_found": False, "metric": False, "anchored": False}


class SeeingNetwork(Network):
    """One that sees a lens too."""

    def predict(self, photos, faces=None):
        return [Prediction(self.answer, "metric", camera=CAMERA) for _ in photos]

    def alone(self, photo, prediction):
        return depth_map_alone(photo, prediction, {})


def test_without_a_face_a_network_s_lens_is_taken_where_no_other_is_known():
    anchored = Anchored(SeeingNetwork(disparity_of(SCENE)), Finder(None))
    seen, known = anchored.estimate([PHOTO, replace(PHOTO, focal_35mm=50.0)])
    assert (seen.report["camera"], known.report["camera"]) == ("network", "exif")
    assert seen.camera.fx == pytest.approx(CAMERA.fx)
    assert known.camera.fx == pytest.approx(50 / 43.2666 * 272.029, rel=1e-4)  # a diagonal of 160 x 220 pixels


def test_faces_are_found_once_a_photo_and_the_network_is_told_of_them():
    network, finder = Network(disparity_of(SCENE)), Finder(bust())
    assert all(result.unit == "mm" for result in Anchored(network, finder).estimate([PHOTO, PHOTO]))
    assert finder.asked == 2
    assert network.faces == [(90, 60, 130, 100)] * 2


def test_a_photo_s_own_map_takes_the_network_s_place_at_any_size():
    own = Disparity.of(cv2.resize(disparity_of(SCENE), (440, 320)))
    network = Network(PhotoError("never asked"))
    for estimator in (Anchored(network, Finder(bust())), Anchored(None, Finder(bust()))):
        [result] = estimator.estimate([replace(PHOTO, disparity=own)])
        assert result.report["anchored"] and result.report["own_map"]
        assert np.median(np.abs(result.depth - HEAD)[np.isfinite(HEAD)]) < 8
        assert np.abs(result.disparity - disparity_of(SCENE)).mean() < 2
    assert network.faces == []


def test_a_photo_s_own_points_go_before_its_disparity_map_and_the_report_tells_what_they_brought():
    depth = 1 / disparity_of(SCENE).astype(np.float32)
    own = PointMap(depth / np.median(depth), metric=False, camera=CAMERA)
    [result] = Anchored(None, Finder(bust())).estimate(
        [replace(PHOTO, points=own, disparity=Disparity.of(np.eye(160, 220)))]
    )
    assert result.report["anchored"] and result.report["own_map"]
    assert result.report["own_points"] == {"unit": "relative", "known": 1.0, "lens": True, "normals": False}
    assert np.median(np.abs(result.depth - HEAD)[np.isfinite(HEAD)]) < 8


def test_a_photo_without_a_map_beside_one_with_a_map_goes_to_the_network():
    own = Disparity.of(disparity_of(SCENE))
    network = Network(disparity_of(SCENE) + 100)
    with_map, without = Anchored(network, Finder(bust())).estimate([replace(PHOTO, disparity=own), PHOTO])
    assert "own_map" not in without.report
    np.testing.assert_allclose(without.disparity - with_map.disparity, 100, atol=2)


def test_without_a_face_a_map_gives_its_relative_depth():
    own = Disparity.of(disparity_of(SCENE))
    [result] = Anchored(None, Finder(None)).estimate([replace(PHOTO, disparity=own)])
    assert result.unit == "relative"
    assert np.median(result.depth[np.isfinite(HEAD)]) < np.median(result.depth[np.isnan(HEAD)])


def test_without_network_and_map_the_face_alone_is_estimated():
    plain = Anchored(None, Finder(bust()))
    [result] = plain.estimate([PHOTO])
    assert result is plain._portrait.answer.depth_map


def test_a_photo_that_the_network_refuses_is_refused():
    error = PhotoError("too narrow")
    assert Anchored(Network(error), Finder(bust())).estimate([PHOTO]) == [error]
