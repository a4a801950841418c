import cv2
import numpy as np
import pytest

from tests.support.scenes import camera_of, noise, plane
from worker.geometry.clean.smooth import smooth
from worker.geometry.jumps import Links, links_of


def all_linked(height, width):
    return Links(np.ones((height, width - 1), bool), np.ones((height - 1, width), bool))


@pytest.mark.parametrize(("sigma_px", "likeness"), [(1.0, 0.93), (2.5, 0.97), (6.0, 0.97)])
def test_far_from_edges_it_is_close_to_a_gaussian(sigma_px, likeness):
    rough = noise((90, 120), 1.0)
    expected = cv2.GaussianBlur(rough, (0, 0), sigma_px)[30:60, 30:90]
    smoothed = smooth(rough, all_linked(90, 120), sigma_px)[30:60, 30:90]
    assert np.corrcoef(expected.ravel(), smoothed.ravel())[0, 1] > likeness


def test_the_spread_of_a_point_agrees_with_sigma():
    spot = np.zeros((61, 81))
    spot[30, 40] = 1
    heat = smooth(spot, all_linked(61, 81), 3.0)
    v, u = np.mgrid[:61, :81]
    assert heat.sum() == pytest.approx(1, abs=1e-4)
    assert (heat * (v - 30) ** 2).sum() == pytest.approx(9, rel=0.01)
    assert (heat * (u - 40) ** 2).sum() == pytest.approx(9, rel=0.01)


def test_nothing_mixes_over_a_jump():
    depth = np.full((30, 40), 600.0)
    depth[:, 20:] = 900
    smoothed = smooth(depth, links_of(depth, camera_of(30, 40)), 5.0)
    np.testing.assert_allclose(smoothed, depth, rtol=1e-6)


def test_unknown_pixels_stay_unknown_and_do_not_bleed():
    depth = plane(camera_of(30, 40))
    depth[10:20, 5:9] = np.nan
    smoothed = smooth(depth, links_of(depth, camera_of(30, 40)), 4.0)
    np.testing.assert_array_equal(np.isnan(smoothed), np.isnan(depth))
    np.testing.assert_allclose(smoothed[np.isfinite(depth)], 600, rtol=1e-6)


def test_a_single_known_pixel_keeps_its_value():
    lonely = np.full((5, 7), np.nan)
    lonely[2, 3] = 4.0
    np.testing.assert_array_equal(smooth(lonely, all_linked(5, 7), 2.0), lonely)


def test_no_smoothing_gives_the_same_map():
    depth = noise((5, 7), 1.0).astype(np.float32)
    np.testing.assert_array_equal(smooth(depth, all_linked(5, 7), 0), depth)
