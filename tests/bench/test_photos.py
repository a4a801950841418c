import numpy as np
import pytest

from bench.photos import PERSON, PortraitPhoto, overlaps, photos


def a_photo():
    """20 x 30, its person 10 columns of 12 rows, the column to their right not scored; the face ends in row 5."""
    truth = np.zeros((20, 30), np.uint8)
    truth[2:14, 10:20] = PERSON
    truth[2:14, 20] = 128
    return PortraitPhoto("", np.zeros((20, 30, 3), np.uint8), truth, (12, 1, 17, 5))


def test_a_mask_like_the_truth_scores_one_whatever_it_says_where_nobody_can_tell():
    mask = a_photo().truth > 0
    assert overlaps(mask, a_photo()).person == 1
    assert overlaps(mask, a_photo()).head == 1


def test_overlap_agrees_with_a_hand_worked_mask():
    mask = np.zeros((20, 30), bool)
    mask[2:14, 15:25] = True  # 5 columns of the person, 1 not scored, 4 beside
    assert overlaps(mask, a_photo()).person == pytest.approx(5 / 14)


def test_the_head_ends_a_quarter_of_the_face_below_the_chin():
    mask = a_photo().truth == PERSON
    mask[7:] = False  # the head's rows are 0 to 6
    assert overlaps(mask, a_photo()).head == 1
    assert overlaps(mask, a_photo()).person == pytest.approx(5 / 12)


def test_no_person_scores_nothing():
    assert overlaps(np.zeros((20, 30), bool), a_photo()).person == 0


def test_the_middle_of_each_box_lies_on_its_person():
    for photo in photos():
        u, v = photo.face_uv
        assert photo.truth.shape == photo.pixels.shape[:2]
        assert photo.truth[round(v), round(u)] == PERSON
