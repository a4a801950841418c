import cv2
import numpy as np
import pytest

from shared.cloud.camera import unproject
from tests.support.scenes import ball, camera_of, noise, strands_before_a_wall
from worker.geometry.clean.refine import FILLED_CONFIDENCE, Raw, light_of, refine, smoothing_px

CAMERA = camera_of(160, 220, 500)


def raw_of(depth, unit="mm"):
    colours = np.full((*depth.shape, 3), 128, np.uint8)
    return Raw(depth.astype(np.float32), np.ones(depth.shape, np.float32), colours, CAMERA, unit)


def refined_of(depth, remove_background=True, person=None):
    return refine(raw_of(depth), smoothing=1.0, remove_background=remove_background, person=person)


def head_before_a_wall():
    truth = ball(CAMERA)
    return truth, cv2.GaussianBlur(np.where(np.isfinite(truth), truth, 2500.0), (0, 0), 1.0)


def test_a_blurred_head_before_a_wall_keeps_the_head_alone_and_no_point_beside_it():
    truth, scene = head_before_a_wall()
    refined = refined_of(scene)
    known, inside = np.isfinite(refined.depth), np.isfinite(truth)
    from_surface = np.linalg.norm(unproject(refined.depth, CAMERA) - [0, 0, 600], axis=-1) - 90
    assert refined.background == "found"
    assert (known & inside).sum() > 0.97 * (known | inside).sum()
    assert (np.abs(from_surface)[known] > 10).mean() < 0.001


def strands(person, truth):
    """The pixels of strands: the person's beside the ball."""
    return person & ~np.isfinite(truth)


def test_hair_before_a_wall_that_is_kept_stays_hair_and_no_pixel_is_lost():
    scene, person = strands_before_a_wall(CAMERA)
    hair = strands(person, ball(CAMERA))
    assert hair.sum() > 600
    refined = refined_of(scene, remove_background=False, person=person)
    assert np.isfinite(refined.depth).all()
    assert np.abs(refined.depth - 600)[hair].max() < 30
    np.testing.assert_allclose(refined.depth[~person], 2500, rtol=0.01)
    assert sum(refined.dropped.values()) == 0
    # Without the person the same hair is taken for noise.
    unknown = refined_of(scene, remove_background=False)
    assert (np.abs(unknown.depth - 600)[hair] < 30).mean() < 0.9


def test_the_outline_of_a_person_that_is_known_parts_a_blurred_step():
    truth, scene = head_before_a_wall()
    person = np.isfinite(truth)
    refined = refined_of(scene, remove_background=False, person=person)
    assert np.isfinite(refined.depth).all()
    assert (refined.depth[person] < 750).mean() > 0.99
    assert (refined.depth[~person] > 2200).mean() > 0.99


def test_a_person_that_is_known_decides_what_is_background_where_depth_does_not_tell():
    near_wall = np.full((160, 220), 620.0)  # too near to be told apart
    person = np.isfinite(ball(CAMERA))
    refined = refined_of(np.where(person, ball(CAMERA), near_wall), person=person)
    assert refined.background == "found"
    np.testing.assert_array_equal(np.isfinite(refined.depth), person)


@pytest.mark.parametrize("specks", [0, 3])
def test_a_person_alone_is_kept_as_they_are(specks):
    head = ball(CAMERA)
    person = np.isfinite(head)
    head[4, 4 : 4 + specks] = 900  # a few pixels of background
    refined = refined_of(head, remove_background=False, person=person)
    assert refined.background == "kept"
    np.testing.assert_array_equal(np.isfinite(refined.depth) & person, person)


def test_the_wall_stays_where_the_user_keeps_it():
    _, scene = head_before_a_wall()
    refined = refined_of(scene, remove_background=False)
    assert refined.background == "kept"
    assert np.nanmax(refined.depth) > 2400
    assert refined.dropped["background"] == 0


def test_a_background_that_is_kept_loses_no_pixel_and_what_is_filled_is_counted_and_trusted_little():
    head = ball(CAMERA)
    person = np.isfinite(head)
    scene = np.where(person, head, 2500.0)
    scene[20:23, 20:24] = 300  # a speck before the wall, one before the face
    scene[80:83, 110:114] -= 150
    refined = refined_of(scene, remove_background=False, person=person)
    assert np.isfinite(refined.depth).all() and refined.depth.dtype == np.float32
    assert (np.median(refined.depth[20:23, 20:24]), refined.depth[81, 112]) == pytest.approx(
        (2500, head[81, 112]), abs=3
    )
    for speck in (np.s_[20:23, 20:24], np.s_[80:83, 110:114]):
        np.testing.assert_allclose(refined.confidence[speck], FILLED_CONFIDENCE)
    assert refined.filled == (refined.confidence == np.float32(FILLED_CONFIDENCE)).sum() >= 24
    assert set(refined.dropped.values()) == {0}


def test_pixels_are_counted_once():
    _, scene = head_before_a_wall()
    scene[80, 110] -= 100
    scene[40:43, 20:24] = 300
    refined = refined_of(scene)
    left = np.isfinite(refined.depth).sum()
    assert left + sum(refined.dropped.values()) == scene.size
    assert refined.dropped["islands"] >= 12


@pytest.mark.parametrize("sigma", [0.0, 2.0])
def test_a_face_has_no_holes_whatever_stray_points_it_had(sigma):
    truth = ball(CAMERA)
    rough = truth + noise(truth.shape, sigma)
    rough[60, 90:93] -= 80
    rough[90:95, 120:125] -= 100
    rough[70:73, 100:104] = np.nan
    refined = refined_of(rough)
    assert np.isfinite(refined.depth[50:110, 80:140]).all()
    np.testing.assert_allclose(refined.depth[88:97, 118:127], truth[88:97, 118:127], atol=3)
    assert refined.confidence[71, 101] == pytest.approx(FILLED_CONFIDENCE)


def test_smoothing_in_mm_agrees_with_a_hand_worked_number():
    # At 500 px focal length and 600 mm, 1.2 mm are one pixel.
    depth = np.full((160, 220), 600.0)
    assert smoothing_px(2.4, depth, raw_of(depth)) == pytest.approx(2.0)
    assert smoothing_px(2.4, depth, raw_of(depth, unit="relative")) == 2.4
    assert smoothing_px(2.4, np.full((2, 3), np.nan), raw_of(depth)) == 2.4


def test_the_light_of_a_photo_is_its_brightness():
    colours = np.zeros((2, 4, 3), np.uint8)
    colours[:, 2:] = 255
    np.testing.assert_allclose(light_of(colours), [[0, 0, 1, 1], [0, 0, 1, 1]])
