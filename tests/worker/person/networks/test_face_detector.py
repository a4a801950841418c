import numpy as np
import pytest

from worker.person.networks.face_detector import DETECTORS, Detection, distinct, overlap


def face_at(u, v, side, score=0.9):
    points = np.zeros((8, 2))
    points[0], points[1] = [u - side / 2, v - side / 2], [u + side / 2, v + side / 2]
    return Detection(points, score)


def test_two_squares_that_share_a_third_of_their_union_overlap_by_a_third():
    assert overlap(face_at(0, 0, 10), face_at(5, 0, 10)) == pytest.approx(1 / 3)  # 50 of 150 pixels
    assert overlap(face_at(0, 0, 10), face_at(20, 0, 10)) == 0


def test_faces_apart_stay_apart_and_the_better_one_comes_first():
    assert [face.score for face in distinct([face_at(0, 0, 10, 0.6), face_at(50, 0, 10, 0.8)])] == [0.8, 0.6]


@pytest.mark.parametrize(("name", "count"), [("near", 896), ("far", 2304)])  # 16 x 16 x 2 + 8 x 8 x 6; 48 x 48
def test_each_detector_has_the_anchors_that_its_network_was_trained_with(name, count):
    anchors = DETECTORS[name].anchors()
    assert anchors.shape == (count, 2)
    assert 0 < anchors.min() < anchors.max() < 1


def test_overlapping_detections_become_one_weighted_by_score():
    points = np.zeros((8, 2))
    points[1] = [10, 10]
    (one,) = distinct([Detection(points, 0.9), Detection(points + 1, 0.6)])
    assert one.points[0] == pytest.approx([0.4, 0.4])
    assert one.score == 0.9


def test_in_the_mirror_image_right_and_left_eye_change_places():
    points = np.array([[10, 20], [30, 40], [15, 26], [25, 27], [20, 30], [21, 35], [11, 28], [29, 29]], float)
    mirrored = Detection(points, 0.9).mirrored(width=100)
    assert mirrored.points[:4].tolist() == [[69, 20], [89, 40], [74, 27], [84, 26]]
    assert mirrored.mirrored(width=100).points.tolist() == points.tolist()
    assert mirrored.roll_rad == pytest.approx(-Detection(points, 0.9).roll_rad)
