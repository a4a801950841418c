from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.disparity.disparity import Disparity
from shared.errors import PhotoError
from tests.support.scenes import ball, camera_of, plane
from worker.depth.anchored import Anchored, anchored
from worker.depth.estimator import DepthMap, Photo
from worker.depth.portrait.estimator import Bust
from worker.person.face import Face

CAMERA = camera_of(160, 220, 500)
HEAD = ball(CAMERA)
V, U = np.mgrid[:160, :220]
FACE = np.where(np.hypot(V - 79.5, U - 109.5) < 45, HEAD, np.nan)
SCENE = np.where(np.isfinite(HEAD), HEAD, plane(CAMERA, 2000.0))
LANDMARKS = Face(np.array([[90.0, 60, 0], [130, 100, 0]]), 1.0)
PHOTO = Photo(np.zeros((160, 220, 3), np.uint8))


def disparity_of(depth, blur_px=1.0):
    return cv2.GaussianBlur((1 / depth - 2e-4) / 2e-6, (0, 0), blur_px).astype(np.float32)


def bust(silhouette_found=True):
    depth = (HEAD + 25 * (np.hypot(V - 79.5, U - 109.5) > 45) if silhouette_found else FACE).astype(np.float32)
    confidence = np.where(np.isfinite(FACE), 1, 0.45 * np.isfinite(depth)).astype(np.float32)
    return Bust(DepthMap(depth, CAMERA, "mm", confidence, {"face_found": True}), FACE, silhouette_found)


class Network:
    def __init__(self, answer):
        self.answer = answer

    def disparity(self, photos, faces=None):
        self.faces = faces
        return [self.answer for _ in photos]

    def relative(self, photo, disparity):
        return DepthMap(np.ones((160, 220), np.float32), CAMERA, "relative", np.ones((160, 220)), {})


class Finder:
    """Finds one face in each photo, where it has a bust for it; counts how often it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = 0

    def faces_of(self, photo):
        self.asked += 1
        return [LANDMARKS] if self.answer else []

    def estimate(self, photos):
        return [self.answer.depth_map for _ in photos]

    def bust_of(self, photo, faces):
        assert faces == [LANDMARKS]
        return self.answer


def test_the_head_beside_the_face_comes_from_the_network_in_mm():
    result = anchored(disparity_of(SCENE), bust())
    assert result.unit == "mm"
    np.testing.assert_array_equal(result.mask, np.isfinite(HEAD))
    beside = np.isfinite(HEAD) & np.isnan(FACE)
    assert np.median(np.abs(result.depth - HEAD)[beside]) < 3  # the bust alone is 25 mm off there
    assert np.median(np.abs(result.depth - HEAD)[np.isfinite(FACE)]) < 0.5
    assert result.report["anchored"]
    assert result.report["fit_residual_mm"] < 3


def test_no_depth_between_head_and_wall_is_left_in_the_silhouette():
    result = anchored(disparity_of(SCENE, blur_px=3.0), bust())
    assert np.nanmax(result.depth) < 800


def test_without_a_silhouette_the_whole_photo_is_metric():
    result = anchored(disparity_of(SCENE), bust(silhouette_found=False))
    assert result.mask.all()
    assert np.median(result.depth[np.isnan(HEAD)]) == pytest.approx(2000, rel=0.1)


def test_a_larger_face_makes_everything_larger_by_as_much():
    small, plain = bust(), bust().depth_map
    large = Bust(replace(plain, depth=plain.depth * 1.2), small.face * 1.2, small.silhouette_found)
    ratio = anchored(disparity_of(SCENE), large).depth / anchored(disparity_of(SCENE), small).depth
    assert np.nanmedian(ratio) == pytest.approx(1.2, rel=1e-3)
    assert np.nanpercentile(np.abs(ratio - 1.2), 99) < 0.01


def test_a_disparity_that_does_not_fit_leaves_the_bust_and_says_why():
    result = anchored(-disparity_of(SCENE), bust())
    np.testing.assert_array_equal(result.depth, bust().depth_map.depth)
    assert not result.report["anchored"]
    assert "less disparity" in result.report["anchor_refused"]
    assert result.report["face_found"]


def test_without_a_face_the_network_s_own_relative_depth_remains():
    [result] = Anchored(Network(disparity_of(SCENE)), Finder(None)).estimate([PHOTO])
    assert result.unit == "relative"
    assert result.report == {"face_found": False, "metric": False, "anchored": False}


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
        assert result.report["anchored"]
        assert np.median(np.abs(result.depth - HEAD)[np.isfinite(HEAD)]) < 1
        assert np.abs(result.disparity - disparity_of(SCENE)).mean() < 2
    assert network.faces == []


def test_a_photo_without_a_map_beside_one_with_a_map_goes_to_the_network():
    own = Disparity.of(disparity_of(SCENE))
    network = Network(disparity_of(SCENE) + 100)
    with_map, without = Anchored(network, Finder(bust())).estimate([replace(PHOTO, disparity=own), PHOTO])
    np.testing.assert_allclose(without.disparity - with_map.disparity, 100, atol=0.01)


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


def test_confidence_is_full_on_the_face_and_none_beside_the_person():
    result = anchored(disparity_of(SCENE), bust())
    assert result.confidence[80, 110] == 1
    assert not result.confidence[~result.mask].any()
    assert 0.4 < np.median(result.confidence[result.mask & np.isnan(FACE)]) <= 0.7
