import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, plane
from worker.geometry.surface.thin import grid_for_budget, thin


@pytest.mark.parametrize("budget", [1000, 5000, 12000])
@pytest.mark.parametrize(("height", "width"), [(160, 220), (220, 160)])
def test_the_budget_is_kept_and_nearly_used(height, width, budget):
    known = np.isfinite(ball(camera_of(height, width, 500)))
    size_wh = grid_for_budget(known, budget)
    depth = np.where(known, 600.0, np.nan)
    thinned, _ = thin(depth, np.ones_like(depth), camera_of(height, width, 500), size_wh)
    assert 0.9 * budget <= np.isfinite(thinned).sum() <= budget
    assert size_wh[0] / size_wh[1] == pytest.approx(width / height, rel=0.03)


def test_a_grid_is_never_made_finer():
    known = np.ones((6, 9), bool)
    assert grid_for_budget(known, 1000) == (9, 6)


def test_halving_agrees_with_hand_worked_numbers():
    # Each new pixel covers two old ones; linear interpolation at a quarter and three quarters of each pair.
    depth = np.array([[600.0, 602, 604, 606]])
    thinned, confidence = thin(depth, np.array([[0.0, 1, 1, 1]]), camera_of(1, 4), (2, 1))
    # New pixel 0: samples at u = 0 and 1 -> 600, 602; new pixel 1: samples at u = 2 and 3 -> 604, 606.
    np.testing.assert_allclose(thinned, [[601, 605]])
    np.testing.assert_allclose(confidence, [[0.5, 1.0]])


@pytest.mark.parametrize("size_wh", [(173, 131), (90, 60), (31, 47)])
def test_a_slanted_plane_stays_that_plane(size_wh):
    camera = camera_of(160, 220, 500)
    v, u = np.mgrid[:160, :220]
    depth = 600 + 0.7 * u - 0.3 * v
    thinned, _ = thin(depth, np.ones_like(depth), camera, size_wh)
    new_v, new_u = np.mgrid[: size_wh[1], : size_wh[0]]
    old_u, old_v = (new_u + 0.5) * 220 / size_wh[0] - 0.5, (new_v + 0.5) * 160 / size_wh[1] - 0.5
    inside = np.s_[1:-1, 1:-1]
    np.testing.assert_allclose(thinned[inside], (600 + 0.7 * old_u - 0.3 * old_v)[inside], rtol=1e-6)


def test_no_depth_in_between_appears_at_a_jump():
    depth = np.full((40, 60), 600.0)
    depth[:, 31:] = 900
    thinned, _ = thin(depth, np.ones_like(depth), camera_of(40, 60), (23, 17))
    assert np.minimum(np.abs(thinned - 600), np.abs(thinned - 900)).max() < 1e-3


def test_unknown_pixels_neither_bleed_nor_count():
    depth = plane(camera_of(40, 60))
    depth[:, :20] = np.nan
    thinned, confidence = thin(depth, np.full(depth.shape, 0.8), camera_of(40, 60), (20, 13))
    assert np.isnan(thinned[:, :6]).all()
    np.testing.assert_allclose(thinned[:, 7:], 600, rtol=1e-6)
    np.testing.assert_allclose(confidence[:, 7:], 0.8, rtol=1e-6)
