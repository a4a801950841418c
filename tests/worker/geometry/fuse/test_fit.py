import numpy as np
import pytest

from tests.support.fusing import FACE, HEAD, ON_HEAD, disparity_of
from tests.support.scenes import CAMERA_160, noise, plane
from worker.geometry.fuse.fit import FIT, HORIZON, Fit, fit_person, matched, visibility

ONES = np.ones(FACE.shape)
EXACT = np.where(ON_HEAD, disparity_of(HEAD, 0.3), np.nan)
EXACT[~np.isfinite(EXACT)] = np.nan


def test_a_depth_agrees_with_a_hand_worked_fit():
    # 1 / (0.001 * 1 + 0.001) = 500; 1 / (0.001 * 0 + 0.001) = 1000; beyond the horizon 20 * 600 = 12000.
    fit = Fit(0.001, 0.001, 1.0, 100, 100, 100, None, 600)
    depth = fit.depth(np.array([[1.0, 0.0, -1.5, np.nan]]))
    np.testing.assert_allclose(depth, [[500, 1000, HORIZON * 600, np.nan]], rtol=1e-6)


def test_one_quantity_is_given_the_spread_of_another_however_noisy_it_is():
    x = np.linspace(0, 10, 4000)
    coarse = x + noise(x.shape, 4.0)
    clean = matched(x, 3 * x + 7, np.ones_like(x), np.ones_like(x))
    assert (clean.slope, clean.correlation) == (pytest.approx(3, rel=1e-6), pytest.approx(1))
    noisy = matched(coarse, 3 * x + 7, np.ones_like(x), np.ones_like(x))
    assert noisy.slope == pytest.approx(3 * x.std() / coarse.std(), rel=0.15)  # least squares would say half of that
    assert 0.4 < noisy.correlation < 0.8


def test_hair_over_a_part_of_the_face_hardly_moves_the_match():
    x = np.linspace(0, 10, 1000)
    y = 3 * x + 7
    y[:150] += 60
    assert matched(x, y, np.ones_like(x), np.ones_like(x)).slope == pytest.approx(3, rel=0.2)


def test_the_face_keeps_its_distance_whatever_the_slope():
    for bust in (HEAD, 620 + 0.5 * (HEAD - 620), 620 + 3 * (HEAD - 620)):
        fit = fit_person(EXACT, FACE, bust, ONES)
        on_face = np.isfinite(FACE) & np.isfinite(EXACT)
        assert np.median(fit.depth(EXACT)[on_face]) == pytest.approx(fit.face_mm, rel=1e-3)
        assert fit.face_mm == pytest.approx(np.nanmedian(FACE))


def test_a_depth_between_the_measured_and_the_likely_one_is_believed():
    fit = fit_person(EXACT, FACE, HEAD, ONES)
    assert fit.correlation > 0.95
    assert fit.measured_mm < fit.extent_mm < fit.likely_mm
    assert fit.extent_mm - fit.measured_mm < fit.likely_mm - fit.extent_mm


def test_the_less_face_and_bust_agree_with_the_map_the_more_counts_what_is_likely():
    sure = fit_person(EXACT, FACE, HEAD, ONES)
    unsure = fit_person(EXACT + noise(FACE.shape, 300.0), FACE, HEAD, ONES)
    assert unsure.correlation < 0.5 * sure.correlation
    # As a part of the way from what was measured to what is likely.
    way = [np.log(fit.extent_mm / fit.measured_mm) / np.log(fit.likely_mm / fit.measured_mm) for fit in (sure, unsure)]
    assert 0.1 < way[0] < 0.3 < 0.35 < way[1] < 1


def test_an_arm_beyond_belief_is_bounded():
    deep = np.where(np.isfinite(FACE), HEAD, 600 + 9 * (HEAD - 600))
    fit = fit_person(np.where(ON_HEAD, disparity_of(deep, 0.3), np.nan), FACE, deep, ONES)
    assert fit.bound == "most"
    assert fit.extent_mm == FIT.most_extent_mm


def test_a_map_that_goes_the_wrong_way_on_the_face_still_gives_a_slope_above_0():
    assert fit_person(-EXACT, FACE, HEAD, ONES).a > 0


def test_a_face_without_any_disparity_is_an_error():
    with pytest.raises(ValueError, match="face"):
        fit_person(np.full(FACE.shape, np.nan), FACE, HEAD, ONES)


def test_a_plane_leaning_by_60_degrees_is_seen_with_a_quarter():
    leaning = visibility(plane(CAMERA_160, slope_x=np.tan(np.radians(60))), CAMERA_160)
    # On the optical axis the ray is the axis: cos 60 = 1 / 2, squared 1 / 4.
    assert leaning[60, 80] == pytest.approx(0.25, abs=0.01)
    assert visibility(plane(CAMERA_160), CAMERA_160)[60, 80] == pytest.approx(1, abs=1e-4)
    assert not visibility(np.full((120, 160), np.nan), CAMERA_160).any()
