import numpy as np
import pytest

from shared.cloud.camera import Intrinsics, project
from worker.box import Box

MASK = np.zeros((40, 70), bool)
MASK[5:21, 30:61] = True


def test_a_box_holds_a_mask_and_a_margin():
    assert Box.round(MASK, 2) == Box(top=3, bottom=23, left=28, right=63)


def test_a_box_ends_where_the_picture_ends():
    assert Box.round(MASK, 15) == Box(top=0, bottom=36, left=15, right=70)


def test_a_box_in_steps_begins_and_ends_at_their_multiples_or_with_the_picture():
    assert Box.round(MASK, 1, step_px=8) == Box(top=0, bottom=24, left=24, right=64)
    assert Box.round(MASK, 6, step_px=16) == Box(top=0, bottom=32, left=16, right=70)


def test_a_box_round_nothing_is_one_pixel_and_its_margin():
    assert Box.round(np.zeros((4, 6), bool)) == Box(top=0, bottom=2, left=0, right=2)


def test_a_part_of_a_picture_goes_back_to_its_place():
    picture = np.where(MASK, np.float32(7), np.float32(0))
    box = Box.round(MASK)
    whole = box.put_into(picture.shape, box.of(picture), 0)
    np.testing.assert_array_equal(whole, picture)
    assert whole.dtype == np.float32


def test_the_camera_of_a_part_sees_a_point_in_the_same_pixel():
    camera, box = Intrinsics.from_focal((70, 40), 90.0), Box.round(MASK)
    part, point = box.of_camera(camera), np.array([[30.0, -20.0, 500.0]])
    assert (part.width, part.height) == (33, 18)
    u, v = project(point, part)[0]
    assert (u + box.left, v + box.top) == pytest.approx(tuple(project(point, camera)[0]))
