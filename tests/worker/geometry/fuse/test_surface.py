from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.support.fusing import FACE, HEAD, ON_HEAD, SCENE, U, V, sight
from tests.support.scenes import noise
from worker.geometry.fuse.detail import Detail, detail_of
from worker.geometry.fuse.head import pull_of_head
from worker.geometry.fuse.sight import mean_nearby, smooth_step
from worker.geometry.fuse.surface import joined

ON_FACE = np.isfinite(FACE)
NETWORK = np.where(ON_HEAD, HEAD, 2000.0)
SIGHT = sight(np.zeros(FACE.shape, np.float32))


def test_a_network_that_is_right_is_left_as_it_is():
    surface = joined(NETWORK, SIGHT)
    np.testing.assert_allclose(surface.depth, NETWORK, atol=0.3)
    assert surface.correction_mm < 0.2
    assert surface.flatness < 0.05


def test_what_the_network_is_off_by_in_the_face_dies_out_beside_it_without_a_seam():
    surface = joined(NETWORK + 20 * ON_HEAD, SIGHT)
    moved = surface.depth - (NETWORK + 20 * ON_HEAD)
    assert np.median(moved[ON_FACE]) == pytest.approx(-20, abs=0.1)
    beside = ON_HEAD & ~ON_FACE
    assert (moved[beside] < 0.5).all()
    assert np.abs(np.diff(moved[80, 50:170])).max() < 1.5
    np.testing.assert_array_equal(surface.depth[~ON_HEAD], np.float32(2000))


def test_a_mouth_that_stands_open_is_closed_and_pulls_nothing_with_it():
    opened = NETWORK + 90 * (np.abs(V - 100) < 4) * (np.abs(U - 109.5) < 12)
    np.testing.assert_allclose(joined(opened, SIGHT).depth, joined(NETWORK, SIGHT).depth, atol=0.5)


def test_a_flat_head_takes_its_roundness_from_the_bust_and_leaves_the_rest():
    flat = np.where(ON_HEAD, 560.0, 2000.0)
    surface = joined(flat, SIGHT)
    assert surface.flatness > 0.9
    side = ON_HEAD & (np.hypot(V - 79.5, U - 109.5) > 60) & (V < 80)
    fall, true_fall = (np.median(depth[side]) - np.median(depth[ON_FACE]) for depth in (surface.depth, HEAD))
    assert 0.5 * true_fall < fall < 1.1 * true_fall
    assert surface.network_share < joined(NETWORK, SIGHT).network_share


def test_below_the_chin_nothing_is_pulled():
    pull = pull_of_head(np.where(ON_HEAD, 560.0, 2000.0), SIGHT)
    chin = np.nonzero(ON_FACE)[0].max()
    assert not pull.screening[chin:].any()
    assert pull.screening[40:60, 105:115].min() > 0


def test_a_network_that_resolves_the_face_gives_its_fine_relief_and_a_blurred_one_does_not():
    lines = 2 * np.sin(V / 1.6)  # 12 mm from ridge to ridge
    fine = replace(SIGHT, face=np.where(ON_FACE, HEAD + lines, np.nan), bust=HEAD + lines)
    sharp, blurred = NETWORK + lines, cv2.GaussianBlur(NETWORK + lines, (0, 0), 6.0)
    assert detail_of(sharp, fine).weight > 0.9
    assert detail_of(blurred, fine).weight < 0.1
    assert detail_of(NETWORK + noise(FACE.shape, 2.0), fine).weight < 0.2
    assert Detail(correlation=0.8, gain=0.5).weight == pytest.approx(0.16)
    assert Detail(correlation=-0.8, gain=2.0).weight == 0


def test_a_mean_counts_only_what_it_is_told_to():
    values = np.where(ON_FACE, 5.0, 1e6)
    for sigma_px in (1.0, 12.0):
        np.testing.assert_allclose(mean_nearby(values, ON_FACE, sigma_px)[ON_FACE], 5, rtol=1e-4)


def test_a_step_is_half_way_in_its_middle():
    np.testing.assert_allclose(smooth_step(np.array([0.0, 2, 3, 4, 9]), 2, 2), [0, 0, 0.5, 1, 1])


def test_a_person_is_measured_on_a_coarser_grid_of_the_same_camera():
    large = replace(
        SIGHT,
        **{
            name: cv2.resize(getattr(SIGHT, name).astype(np.float32), (1100, 800))
            for name in ("disparity", "face", "bust")
        },
        person=cv2.resize(ON_HEAD.astype(np.uint8), (1100, 800)) > 0,
        camera=SIGHT.camera.resized((1100, 800)),
    )
    thin = large.thinned()
    assert thin.face.shape == (400, 550)
    assert thin.pixel_mm == pytest.approx(2 * large.pixel_mm, rel=0.01)
    assert SIGHT.thinned() is SIGHT
    assert SCENE.shape == SIGHT.person.shape
