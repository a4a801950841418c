import numpy as np

from worker.person.face import Face
from worker.person.parting import Head, heads_without_face, share_of_person

HEIGHT, WIDTH = 120, 200
V, U = np.mgrid[:HEIGHT, :WIDTH]
NOTHING = np.zeros((HEIGHT, WIDTH), bool)


def face_at(u, v, side=24):
    corners = [[u - side / 2, v - side / 2, 0], [u + side / 2, v + side / 2, 0]]
    return Face(np.array(corners, float), 1.0)


def two_coats(border):
    """Two people side by side, whose coats, red and blue, meet at a column; and whose faces are at 60 and 120."""
    colours = np.where((border > U)[..., None], [180, 60, 50], [40, 60, 170]).astype(np.uint8)
    return colours, (V > 20) & (U > 20) & (U < 170)


def test_people_who_touch_are_parted_where_their_coats_meet_and_not_halfway():
    pixels, people = two_coats(border=100)  # halfway is 90
    share = share_of_person(pixels, people, NOTHING, NOTHING, face_at(60, 40), [face_at(120, 40)])
    assert (share[people & (U < 98)] > 0.5).mean() > 0.98
    assert (share[people & (U > 102)] < 0.5).mean() > 0.98


def test_where_no_edge_is_the_nearer_head_decides():
    grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    people = (V > 20) & (U > 20) & (U < 170)
    share = share_of_person(grey, people, NOTHING, NOTHING, face_at(60, 40), [face_at(120, 40)])
    assert (share[people & (U < 85)] > 0.5).all()
    assert (share[people & (U > 95)] < 0.5).all()


def test_somebody_alone_is_not_parted():
    pixels, people = two_coats(border=100)
    assert share_of_person(pixels, people, NOTHING, NOTHING, face_at(60, 40), []) is None


def test_a_head_that_hides_its_face_is_seen_by_its_hair():
    blob = np.hypot(U - 130, V - 44) < 14
    (found,) = heads_without_face(blob, NOTHING, [Head(60, 40, 24)])
    assert abs(found.u - 130) < 2 and abs(found.v - 44) < 2


def test_the_own_hair_also_long_and_small_blobs_are_no_heads():
    own = np.hypot((U - 60) / 0.8, V - 38) < 22
    long_hair = (np.abs(np.abs(U - 60) - 14) < 4) & (V > 40) & (V < 95)
    small = np.hypot(U - 150, V - 30) < 3
    assert heads_without_face(own | long_hair | small, NOTHING, [Head(60, 40, 24)]) == []
