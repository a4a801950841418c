import cv2
import numpy as np
import pytest


@pytest.mark.parametrize(("part", "left"), [(0.2, True), (0.8, False)])
def test_of_two_faces_the_one_nearest_to_a_point_comes_first(finder, astronaut, part, left):
    small = cv2.resize(astronaut, None, fx=0.7, fy=0.7)
    scene = np.full((astronaut.shape[0], 2 * astronaut.shape[1], 3), 90, np.uint8)
    scene[:, : astronaut.shape[1]] = astronaut
    scene[: small.shape[0], astronaut.shape[1] : astronaut.shape[1] + small.shape[1]] = small
    faces = finder.find_faces(scene, (part * scene.shape[1], scene.shape[0] - 1.0))
    assert len(faces) == 2
    assert (faces[0].middle[0] < astronaut.shape[1]) == left


def test_the_astronaut_s_face_is_found_with_her_nose_between_her_eyes(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    right_eye, left_eye, nose = face.landmarks[[33, 263, 1], :2]
    assert right_eye[0] < nose[0] < left_eye[0]
    assert nose == pytest.approx([225, 122], abs=12)
    assert abs(face.pose.yaw_deg) < 8


def test_landmarks_do_not_depend_on_the_photo_s_size(finder, astronaut):
    small = cv2.resize(astronaut, (384, 384), interpolation=cv2.INTER_AREA)
    (large_face,), (small_face,) = finder.find_faces(astronaut), finder.find_faces(small)
    back = small_face.scaled((512 / 384, 512 / 384))
    assert np.abs(back.landmarks - large_face.landmarks)[:, :2].mean() < 1.0


@pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_a_face_is_found_in_a_photo_that_lies_on_its_side(finder, astronaut, turn):
    assert len(finder.find_faces(np.ascontiguousarray(cv2.rotate(astronaut, turn)))) == 1


def test_a_small_face_in_a_large_photo_is_found(finder, astronaut):
    scene = np.full((1500, 2400, 3), 120, np.uint8)
    scene[900:1412, 1500:2012] = astronaut
    (face,) = finder.find_faces(scene)
    assert face.middle == pytest.approx([1725, 1015], abs=30)


def test_a_face_that_fills_the_photo_is_found(finder, astronaut):
    close = np.ascontiguousarray(cv2.resize(astronaut[60:190, 160:290], (600, 600)))
    assert len(finder.find_faces(close)) == 1


def test_several_faces_come_largest_first(finder, astronaut, head):
    scene = np.zeros((512, 900, 3), np.uint8)
    scene[:, :512] = head
    scene[100:484, 516:900] = cv2.resize(astronaut, (384, 384), interpolation=cv2.INTER_AREA)
    faces = finder.find_faces(scene)
    assert len(faces) == 2
    assert faces[0].side > faces[1].side


def test_noise_and_plain_pictures_hold_no_face(finder):
    noise = np.random.default_rng(0).integers(0, 256, (300, 420, 3), np.uint8)
    assert finder.find_faces(noise) == []
    assert finder.find_faces(np.full((200, 310, 3), 200, np.uint8)) == []
