import numpy as np

from shared.cloud.classes import PointClass
from worker.geometry.surface.classes import classes_of_points

BACKGROUND, HAIR, SKIN, OTHER = PointClass.BACKGROUND, PointClass.HAIR, PointClass.SKIN, PointClass.OTHER


def test_without_a_person_every_point_is_of_the_class_other():
    known = np.array([[True, False, True], [False, True, True]])
    classes = classes_of_points(None, known, background_kept=False)
    np.testing.assert_array_equal(classes, [[4, 0, 4], [0, 4, 4]])


def test_a_coarser_pixel_has_the_class_at_its_centre_and_never_one_in_between():
    fine = np.array([[HAIR] * 5 + [OTHER] * 3] * 6, np.uint8)
    classes = classes_of_points(fine, np.ones((3, 4), bool), background_kept=True)
    # The centres of four columns lie at 1, 3, 5 and 7 of eight; a mean of hair and other would be skin or clothes.
    np.testing.assert_array_equal(classes, [[HAIR, HAIR, OTHER, OTHER]] * 3)


def person_of_a_hundred_columns():
    classes = np.full((60, 200), BACKGROUND, np.uint8)
    classes[:, 50:100], classes[:, 100:150] = HAIR, SKIN
    return classes


def test_points_at_the_outline_are_the_person_s_where_the_background_goes():
    known = np.zeros((60, 200), bool)
    known[:, 48:152] = True
    classes = classes_of_points(person_of_a_hundred_columns(), known, background_kept=False)
    np.testing.assert_array_equal(classes[10, 46:52], [BACKGROUND, BACKGROUND, HAIR, HAIR, HAIR, HAIR])
    np.testing.assert_array_equal(classes[10, 148:154], [SKIN, SKIN, SKIN, SKIN, BACKGROUND, BACKGROUND])


def test_what_lies_far_from_the_person_stays_background_though_it_was_to_go():
    classes = classes_of_points(person_of_a_hundred_columns(), np.ones((60, 200), bool), background_kept=False)
    np.testing.assert_array_equal(classes[10, 46:50], [BACKGROUND, BACKGROUND, HAIR, HAIR])  # 2 of 200 columns


def test_a_background_that_is_kept_begins_where_the_person_ends():
    classes = classes_of_points(person_of_a_hundred_columns(), np.ones((60, 200), bool), background_kept=True)
    np.testing.assert_array_equal(classes, person_of_a_hundred_columns())
