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
