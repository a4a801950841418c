"""Surfaces in closed form, whose normals are known."""

import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, noise, plane
from worker.geometry.fuse.relief import log_slopes, relief_of
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

CAMERA = camera_of(140, 190, 400.0)
PIXEL_MM = 600 / 400
FLAT = plane(CAMERA)
EVERYWHERE = np.ones(FLAT.shape)
X_MM = (np.arange(190) - CAMERA.cx) * PIXEL_MM
INNER = np.s_[40:-40, 40:-40]


def normals(depth):
    return normals_of(depth, CAMERA, links_of(depth, CAMERA))


def waved(length_mm, height_mm=1.0):
    """A plane 600 mm away with waves that run to the right."""
    return FLAT + height_mm * np.sin(2 * np.pi * X_MM / length_mm)


def test_the_slopes_of_planes_are_those_of_their_logarithm():
    depth = plane(CAMERA, slope_x=0.5, slope_y=-0.2)
    normal = np.array([0.5, -0.2, -1]) / np.sqrt(1.29)
    (right, down), facing = log_slopes(np.broadcast_to(normal, (*depth.shape, 3)), CAMERA)
    expected = np.gradient(np.log(depth))
    np.testing.assert_allclose(right, expected[1], atol=2e-5)
    np.testing.assert_allclose(down, expected[0], atol=2e-5)
    v, u = 69, 94  # half a pixel from the middle, where a pixel is 0.5 / 400 of the distance deep, and faces by 1.29
    assert right[v, u] == pytest.approx(0.5 / 400, rel=2e-3)
    assert facing[v, u] == pytest.approx(1 / np.sqrt(1.29), rel=2e-3)


def test_unknown_normals_and_those_that_look_away_have_no_slope():
    given = np.array([[[0, 0, 1], [np.nan, np.nan, np.nan]]])
    (right, down), facing = log_slopes(given, camera_of(1, 2))
    assert not right.any()
    assert not down.any()
    assert not facing.any()


def test_a_flat_surface_gets_the_waves_that_its_normals_show():
    change = relief_of(FLAT, normals(waved(30.0)), EVERYWHERE, CAMERA, length_px=30 / PIXEL_MM)
    np.testing.assert_allclose((FLAT + change)[INNER], waved(30.0)[INNER], atol=0.1)


def test_of_waves_as_long_as_2_pi_lengths_half_is_drawn():
    change = relief_of(FLAT, normals(waved(60.0)), EVERYWHERE, CAMERA, length_px=60 / (2 * np.pi) / PIXEL_MM)
    np.testing.assert_allclose((FLAT + change)[INNER], waved(60.0, 0.5)[INNER], atol=0.04)


def test_a_surface_that_has_its_normals_already_stays():
    depth = ball(CAMERA)
    change = relief_of(depth, normals(depth), np.isfinite(depth) * 1.0, CAMERA, length_px=8 / PIXEL_MM)
    assert np.nanmax(np.abs(change)) < 0.5  # at the rim, which is as steep as can be
    assert np.nanmedian(np.abs(change)) < 0.01
    np.testing.assert_array_equal(np.isfinite(change), np.isfinite(depth))


def test_half_the_weight_draws_half_of_it_and_no_weight_nothing():
    given = FLAT, normals(waved(15.0))
    whole, half, none = (relief_of(*given, part * EVERYWHERE, CAMERA, 10.0) for part in (1.0, 0.5, 0.0))
    np.testing.assert_allclose(half, whole / 2, atol=0.02)
    assert not none.any()


def test_where_normals_are_blurred_their_fine_waves_do_not_count_and_the_coarse_ones_do():
    def drawn(length_mm):
        wanted = normals(waved(length_mm))
        change = relief_of(FLAT, wanted, EVERYWHERE, CAMERA, length_px=20 / PIXEL_MM, fine=np.zeros(FLAT.shape))
        return change[INNER].std() / waved(length_mm, 1.0)[INNER].std()

    assert drawn(12.0) < 0.1
    assert drawn(60.0) > 0.6


def test_nothing_crosses_a_step():
    depth = np.where(X_MM < 0, FLAT, 700.0)
    weight = np.where(X_MM < 0, 1.0, 0.0) * EVERYWHERE
    change = relief_of(depth, normals(waved(15.0)), weight, CAMERA, length_px=8 / PIXEL_MM)
    assert np.abs(change[:, X_MM < 0]).max() > 0.5
    assert np.abs(change[:, X_MM > 0]).max() < 0.02


def test_a_steep_wall_is_left_to_the_depth():
    wall = FLAT + 40 * np.clip(X_MM / 8, 0, 1)  # 79 degrees
    change = relief_of(wall, normals(FLAT), EVERYWHERE, CAMERA, length_px=8 / PIXEL_MM)
    on_wall = (X_MM > 1) & (X_MM < 7)
    assert np.abs(np.diff(change[:, on_wall], axis=1)).max() < 0.3  # of steps of 7.5 mm


def test_noise_of_normals_moves_little():
    rough = normals(FLAT) + noise((*FLAT.shape, 3), 0.1)
    rough /= np.linalg.norm(rough, axis=-1, keepdims=True)
    change = relief_of(FLAT, rough, EVERYWHERE, CAMERA, length_px=8 / PIXEL_MM)
    assert change.std() < 0.15
