import cv2
import numpy as np
import pytest

from bench.photos import PHOTOS, overlaps, photos
from shared.cloud.classes import PointClass


@pytest.fixture(scope="module")
def portraits():
    return {photo.name: photo for photo in photos()}


def person_in(finder, photo):
    face, *others = finder.find_faces(photo.pixels, photo.face_uv)
    return finder.person(photo.pixels, face, others)


@pytest.fixture(scope="module")
def in_hat(finder, portraits):
    return person_in(finder, portraits["whitman_hat_beard"])


def test_the_astronaut_s_hair_and_suit_belong_to_her_and_the_sky_does_not(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    person = finder.person(astronaut, face, [])
    assert person.mask[60, 225] and person.mask[300, 200]
    assert not person.mask[100, 60] and not person.mask[40, 330]
    assert person.classes[130, 225] == PointClass.SKIN
    assert person.classes[45, 225] == PointClass.HAIR
    assert person.classes[350, 150] == PointClass.CLOTHES


def test_background_is_what_the_person_does_not_cover(in_hat):
    assert ((in_hat.classes == PointClass.BACKGROUND) == ~in_hat.mask).all()


def test_a_hat_s_brim_and_crown_belong_to_the_person(in_hat):
    assert in_hat.mask[200, 110] and in_hat.mask[120, 280]
    assert in_hat.classes[120, 280] == PointClass.OTHER


def test_edges_of_hair_are_soft_and_the_inside_is_whole(finder, portraits):
    person = person_in(finder, portraits["brady_glasses_turned"])
    between = (person.alpha > 0.05) & (person.alpha < 0.95)
    assert 0.005 < between.mean() < 0.1
    assert person.alpha[600, 450] == 1 and person.alpha[60, 60] == 0


@pytest.mark.parametrize(("name", "uv"), [("white_shirt_smile", (230, 500)), ("lincoln_1863", (560, 1200))])
def test_white_shirts_and_ties_before_walls_alike_are_part_of_the_person(finder, portraits, name, uv):
    mask = person_in(finder, portraits[name]).mask
    assert overlaps(mask, portraits[name]).person > 0.95
    assert mask[uv[1], uv[0]]


@pytest.mark.parametrize("name", ["white_shirt_smile", "gregory_lowres", "juan_de_pareja_painting"])
def test_light_on_light_and_dark_on_dark_are_found(finder, portraits, name):
    found = overlaps(person_in(finder, portraits[name]).mask, portraits[name])
    assert found.person > 0.9
    assert found.head > 0.95


def test_one_of_three_boys_in_white_shirts_is_parted_from_the_others(finder, portraits):
    found = overlaps(person_in(finder, portraits["legion_boys"]).mask, portraits["legion_boys"])
    assert found.person > 0.8
    assert found.head > 0.95


def test_another_person_s_head_is_left_out(finder, head):
    beside = np.ascontiguousarray(np.hstack([head[:, 60:460], head[:, 60:460]]))
    faces = finder.find_faces(beside)
    assert len(faces) == 2
    person = finder.person(beside, faces[0], faces[1:]).mask
    assert not person[int(faces[1].middle[1]), int(faces[1].middle[0])]


def test_the_same_photo_gives_the_same_person(finder, portraits, in_hat):
    again = person_in(finder, portraits["whitman_hat_beard"])
    assert (again.alpha == in_hat.alpha).all() and (again.classes == in_hat.classes).all()


def test_a_face_without_anything_round_it_is_all_that_is_found(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    person = finder.person(np.full_like(astronaut, 128), face, [])
    assert not person.outline_found
    assert person.mask[int(face.middle[1]), int(face.middle[0])]


@pytest.mark.parametrize("size_wh", [(40, 56), (900, 30), (30, 900)])
def test_photos_of_any_size_have_a_person(finder, astronaut, size_wh):
    (face,) = finder.find_faces(astronaut)
    scale = size_wh[0] / astronaut.shape[1], size_wh[1] / astronaut.shape[0]
    pixels = cv2.resize(astronaut, size_wh, interpolation=cv2.INTER_AREA)
    person = finder.person(pixels, face.scaled(scale), [])
    assert person.alpha.shape == person.classes.shape == pixels.shape[:2]
    assert np.isfinite(person.alpha).all() and person.mask.any()


def test_a_face_at_the_photo_s_border_does_not_hinder(finder):
    pixels = cv2.cvtColor(cv2.imread(str(PHOTOS / "gregory_lowres.jpg")), cv2.COLOR_BGR2RGB)
    (face,) = finder.find_faces(pixels)
    moved = np.ascontiguousarray(pixels[: int(face.middle[1]), int(face.middle[0]) :])
    face.landmarks[:, :2] -= [int(face.middle[0]), 0]
    assert finder.person(moved, face, []).mask.any()
