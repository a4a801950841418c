import cv2
import numpy as np

from tests.support.scenes import noise
from worker.geometry.fuse.outline import joint_outline, region_by_steps

V, U = np.mgrid[:240, :320]
BODY = (np.hypot(V - 90, U - 150) < 50) | ((V > 130) & (np.abs(U - 150) < 90))
FACE = np.hypot(V - 90, U - 150) < 30
SHIRT = BODY & (V > 130)


def disparity(*things, blur_px=2.0):
    """Floor, which comes nearer towards the lower border, and things before it: pairs of mask and disparity."""
    result = 20.0 + 30 * V / 240
    for mask, value in things:
        result = np.where(mask, value, result)
    return cv2.GaussianBlur(result.astype(np.float32), (0, 0), blur_px)


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


def test_the_person_is_found_by_the_steepest_step_alone():
    found = region_by_steps(disparity((BODY, 170 - 10 * V / 240)), FACE, BODY)
    assert overlap(found, BODY) > 0.97


def test_a_shirt_that_the_matting_lost_is_added():
    by_matting = BODY & ~SHIRT
    shown = disparity((BODY, 170 - 10 * V / 240))
    joint = joint_outline(by_matting, region_by_steps(shown, FACE, by_matting), shown)
    assert overlap(joint, BODY) > 0.95


def test_a_neighbour_who_touches_is_not():
    neighbour = (np.hypot(V - 90, U - 260) < 40) | ((V > 130) & (U > 235))
    shown = disparity((BODY | neighbour, 170.0))
    region = region_by_steps(shown, FACE, BODY)
    assert (region & neighbour).sum() > 0.9 * neighbour.sum()  # the map alone cannot tell them apart
    assert overlap(joint_outline(BODY, region, shown, elsewhere=(V < 130) & (U > 220)), BODY) > 0.98


def test_a_pillar_between_person_and_wall_is_not():
    pillar = (U > 195) & (U < 240) & (V < 131)
    shown = disparity((pillar, 90.0), (BODY, 170.0))
    region = BODY | pillar
    assert overlap(joint_outline(BODY, region, shown), BODY) > 0.98


def test_a_piece_of_wall_that_the_matting_took_along_is_taken_away():
    wall = (U > 190) & (U < 230) & (V < 100) & (V > 50)
    shown = disparity((BODY, 170.0))
    joint = joint_outline(BODY | wall, region_by_steps(shown, FACE, BODY | wall), shown)
    assert overlap(joint, BODY) > 0.97


def test_strands_of_hair_are_left_to_the_matting():
    strands = (np.abs(U - 150) < 80) & (U % 12 < 4) & (V < 90) & (V > 40)
    shown = disparity((BODY, 170.0))
    joint = joint_outline(BODY | strands, region_by_steps(shown, FACE, BODY), shown)
    np.testing.assert_array_equal(joint, BODY | strands)


def test_a_map_without_any_step_leaves_the_outline_to_the_matting():
    flat = (100 + noise(V.shape, 1e-3)).astype(np.float32)
    region = region_by_steps(flat, FACE, BODY)
    np.testing.assert_array_equal(joint_outline(BODY, region & FACE & False, flat), BODY)


def test_of_two_steps_the_one_counts_that_agrees_with_the_other_outline():
    sofa = (np.abs(U - 150) < 145) & (V > 30)
    shown = disparity((sofa, 110.0), (BODY, 170.0))  # it stands out from the floor more than the person from it
    assert overlap(region_by_steps(shown, FACE, BODY), BODY) > 0.95
    assert overlap(region_by_steps(shown, FACE, sofa), sofa) > 0.95


def test_an_outline_is_the_same_in_any_unit_of_the_map():
    shown = disparity((BODY, 170 - 10 * V / 240))
    by_matting = BODY & ~SHIRT
    for unit in (1e-4, 1e4):
        region = region_by_steps(shown * unit, FACE, BODY)
        np.testing.assert_array_equal(region, region_by_steps(shown, FACE, BODY))
        joint = joint_outline(by_matting, region, shown * unit)
        np.testing.assert_array_equal(joint, joint_outline(by_matting, region, shown))


def test_a_map_without_a_step_and_a_face_too_small_for_it_show_nobody():
    speck = np.zeros((300, 900), bool)
    speck[90, 150] = True
    step = np.where(np.arange(900) < 200, 170.0, 20.0) * np.ones((300, 1), np.float32)
    for shown, face in ((np.full(V.shape, 50.0, np.float32), FACE), (step, speck)):
        nobody = region_by_steps(shown, face, np.ones(face.shape, bool))
        assert (nobody.shape, nobody.dtype, nobody.any()) == (face.shape, bool, False)


def test_an_outline_of_the_whole_picture_has_no_step_that_others_could_be_measured_by():
    shown = disparity((BODY, 170.0))
    np.testing.assert_array_equal(joint_outline(BODY, np.ones(V.shape, bool), shown), BODY)


def test_what_a_map_does_not_know_neither_takes_from_the_person_nor_adds():
    shown, known = disparity((BODY, 170.0)), np.ones(V.shape, bool)
    region = BODY & ~SHIRT  # as if the collar were the last step, and the shirt went on into the wall
    level = np.where(V > 128, np.float32(100), shown)
    assert not joint_outline(BODY, region, level)[SHIRT].any()
    np.testing.assert_array_equal(joint_outline(BODY, region, level, known=known & (BODY | (V < 128))), BODY)
    lost = BODY & ~SHIRT
    assert joint_outline(lost, BODY, shown, known=known)[SHIRT].mean() > 0.9
    np.testing.assert_array_equal(joint_outline(lost, BODY, shown, known=BODY), lost)
