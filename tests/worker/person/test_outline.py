import numpy as np


def test_the_astronaut_s_hair_and_suit_belong_to_her_and_the_sky_does_not(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    person = finder.person(astronaut, face, []).mask
    assert person[60, 225] and person[300, 200]
    assert not person[100, 60] and not person[40, 330]


def test_another_person_s_head_is_left_out(finder, head):
    beside = np.ascontiguousarray(np.hstack([head[:, 60:460], head[:, 60:460]]))
    faces = finder.find_faces(beside)
    assert len(faces) == 2
    person = finder.person(beside, faces[0], faces[1:]).mask
    assert not person[int(faces[1].middle[1]), int(faces[1].middle[0])]


def test_a_face_without_any_background_has_no_silhouette(finder, astronaut):
    (face,) = finder.find_faces(astronaut)
    assert not finder.person(np.full_like(astronaut, 128), face, []).outline_found
