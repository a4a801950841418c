import numpy as np

from worker.person.face import Face
from worker.person.region import region_round


def face_of(left, top, right, bottom):
    return Face(np.array([[left, top, 0.0], [right, bottom, 0.0]]), 1.0)


def test_the_region_holds_head_and_shoulders_as_worked_by_hand():
    region = region_round(face_of(450, 350, 550, 450), (1000, 1200))  # side 100, middle (500, 400)
    assert (region.left, region.right) == (280, 721)  # 2.2 sides to each side
    assert (region.top, region.bottom) == (240, 721)  # 1.6 sides up, 3.2 down


def test_the_region_stays_inside_the_photo():
    region = region_round(face_of(20, 10, 200, 180), (300, 240))
    assert (region.top, region.bottom, region.left, region.right) == (0, 300, 0, 240)
