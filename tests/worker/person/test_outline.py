from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.cloud.classes import PointClass

PHOTOS = Path(__file__).parents[2] / "data" / "photos"


def read(path):
    return np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])


def person_in(finder, name):
    pixels = read(PHOTOS / f"{name}.jpg")
    face, *others = finder.find_faces(pixels)
    return finder.person(pixels, face, others)


def overlap(mask, name):
    truth = cv2.imread(str(PHOTOS / f"{name}.mask.png"), cv2.IMREAD_GRAYSCALE)
    scored, person = truth != 128, truth == 255
    return (mask & person).sum() / ((mask | person) & scored).sum()


def test_the_astronaut_s_hair_and_suit_belong_to_her_and_the_sky_does_not(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    person = finder.person(astronaut, face, []).mask
    assert person[60, 225] and person[300, 200]
    assert not person[100, 60] and not person[40, 330]


def test_hair_skin_and_clothes_are_told_apart(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    classes = finder.person(astronaut, face, []).classes
    assert classes[60, 225] == PointClass.HAIR
    assert classes[130, 230] == PointClass.SKIN
    assert classes[400, 200] == PointClass.CLOTHES
    assert classes[100, 60] == PointClass.BACKGROUND


@pytest.mark.parametrize(
    "name", ["whitman_hat_beard", "gregory_lowres", "juan_de_pareja_painting", "brady_glasses_turned"]
)
def test_hats_dark_cloaks_and_curls_are_part_of_the_person(finder, name):
    assert overlap(person_in(finder, name).mask, name) > 0.9


def test_a_white_shirt_before_a_white_wall_is_part_of_the_person(finder):
    assert overlap(person_in(finder, "white_shirt_smile").mask, "white_shirt_smile") > 0.85


def test_loose_hair_has_soft_edges_and_the_face_has_none(finder):
    pixels = read(PHOTOS / "epps_long_hair.jpg")
    (face,) = finder.find_faces(pixels)
    person = finder.person(pixels, face, [])
    near_outline = cv2.morphologyEx(person.mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((7, 7))) > 0
    assert np.mean((person.alpha[near_outline] > 0.05) & (person.alpha[near_outline] < 0.95)) > 0.2
    u, v = face.middle.astype(int)
    assert person.alpha[v - 20 : v + 20, u - 20 : u + 20].min() == 1


def test_alpha_and_classes_agree_on_who_is_there(finder):
    person = person_in(finder, "gregory_lowres")
    np.testing.assert_array_equal(person.classes > 0, person.mask)


def test_another_person_s_head_is_left_out(finder, head):
    beside = np.ascontiguousarray(np.hstack([head[:, 60:460], head[:, 60:460]]))
    faces = finder.find_faces(beside)
    assert len(faces) == 2
    person = finder.person(beside, faces[0], faces[1:]).mask
    assert not person[int(faces[1].middle[1]), int(faces[1].middle[0])]


def test_a_photo_of_one_colour_shows_no_more_than_the_face_that_is_said_to_be_there(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    assert not finder.person(np.full_like(astronaut, 128), face, []).outline_found


@pytest.mark.parametrize("size_wh", [(40, 56), (900, 90)])
def test_tiny_and_long_photos_have_an_outline_or_none_but_never_an_error(finder, astronaut, size_wh):
    (face,) = finder.find_faces(astronaut)
    small = cv2.resize(astronaut, size_wh)
    scaled = face.scaled((size_wh[0] / astronaut.shape[1], size_wh[1] / astronaut.shape[0]))
    person = finder.person(small, scaled, [])
    assert person.mask.shape == small.shape[:2]
