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
    # In whatever unit, and however small all weights are.
    assert matched(x, y / 1e4, np.ones_like(x) / 1e4, np.ones_like(x)).slope == pytest.approx(3e-4, rel=0.2)


def test_what_is_off_by_no_more_than_it_is_uncertain_by_counts_in_full():
    x = np.linspace(0, 10, 1000)
    y = 3 * x + 7
    y[:150] += 60
    doubtful = np.where(np.arange(1000) < 150, 600.0, 1.0)
    assert matched(x, y, np.ones_like(x), doubtful).slope == pytest.approx(y.std() / x.std(), rel=0.05)


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


def test_measured_and_likely_depths_are_averaged_by_hand_worked_weights():
    bust = 620 + 2 * (HEAD - 620)
    fit = fit_person(EXACT, FACE, bust, ONES)
    assert fit.likely_mm == pytest.approx(1.4 * np.ptp(np.nanpercentile(bust, (3, 97))))
    # A spread of 0.1 / correlation for the one, of 0.4 for the other: weights of 100 correlation^2 and 6.25.
    weight = 100 * fit.correlation**2
    logarithm = (weight * np.log(fit.measured_mm) + 6.25 * np.log(fit.likely_mm)) / (weight + 6.25)
    assert (fit.extent_mm, fit.bound) == (pytest.approx(np.exp(logarithm)), None)


TRUE = np.where(ON_HEAD, 1 / HEAD, np.nan)
DEEP = 620 + 2 * (HEAD - 620)


@pytest.mark.parametrize("lens_ratio", [1.0, 1.2])
def test_a_network_that_knows_its_shift_is_an_opinion_more_by_hand_worked_weights(lens_ratio):
    fit = fit_person(7 * TRUE, FACE, DEEP, ONES, lens_ratio)
    assert fit.own_mm == pytest.approx(np.ptp(np.nanpercentile(HEAD, (3, 97))), rel=0.01)
    assert fit.own_a == pytest.approx(1 / 7, rel=0.01)
    np.testing.assert_allclose(fit.depth_beside(np.array([7 / 5000])), 5000, rtol=0.01)
    # A spread of 0.05, and of 0.7 of how far it and its lens are off; the others as before.
    own = 1 / (0.05**2 + (0.7 * np.log(fit.own_mm / fit.measured_mm)) ** 2 + (0.7 * np.log(lens_ratio)) ** 2)
    weights = np.array([own, 100 * fit.correlation**2, 6.25])
    logarithm = (weights * np.log([fit.own_mm, fit.measured_mm, fit.likely_mm])).sum() / weights.sum()
    assert fit.extent_mm == pytest.approx(np.exp(logarithm), rel=1e-3)


def test_the_more_a_network_s_own_extent_differs_from_the_measured_one_the_less_it_counts():
    deep = 620 + 3 * (HEAD - 620)
    face, ways = np.where(np.isfinite(FACE), deep, np.nan), []
    for shift in (2e-4, 2e-3):  # which makes everything flatter by itself, and is not seen by face and bust
        alone, with_own = (fit_person(1 / deep + shift, face, deep, ONES, ratio) for ratio in (None, 1.0))
        assert with_own.own_mm < alone.extent_mm
        ways.append(np.log(with_own.extent_mm / alone.extent_mm) / np.log(with_own.own_mm / alone.extent_mm))
    assert 0 < ways[1] < 0.5 * ways[0] < 0.5


def test_a_person_may_be_less_deep_than_the_least_where_the_network_measures_less():
    face_alone = np.where(np.isfinite(FACE), TRUE, np.nan)
    least = fit_person(face_alone, FACE, DEEP, ONES)
    assert (least.bound, least.extent_mm) == ("least", FIT.least_extent_mm)
    own = fit_person(face_alone, FACE, DEEP, ONES, 1.0)
    assert own.bound is None
    assert own.own_mm < own.extent_mm < FIT.least_extent_mm


def test_a_disparity_of_unknown_shift_has_no_extent_of_its_own_and_lays_out_everything_alike():
    fit = fit_person(EXACT, FACE, HEAD, ONES)
    assert (fit.own_mm, fit.own_a) == (None, None)
    np.testing.assert_array_equal(fit.depth_beside(EXACT), fit.depth(EXACT))


@pytest.mark.parametrize("times", [1, 3])
def test_a_person_is_as_deep_in_the_map_as_the_fit_says(times):
    fit = fit_person(EXACT, FACE, 620 + times * (HEAD - 620), ONES)
    assert np.ptp(np.nanpercentile(fit.depth(EXACT), (3, 97))) == pytest.approx(fit.extent_mm, rel=1e-3)
    assert fit.depth(EXACT).dtype == np.float32


def test_of_a_map_of_the_face_alone_the_least_depth_is_believed():
    face_alone = np.where(np.isfinite(FACE), EXACT, np.nan)
    fit = fit_person(face_alone, FACE, 620 + 3 * (HEAD - 620), ONES)
    assert (fit.bound, fit.extent_mm) == ("least", FIT.least_extent_mm)
    fit = fit_person(face_alone, FACE, HEAD, ONES)  # its bust is less deep than that
    assert (fit.bound, fit.extent_mm) == ("least", pytest.approx(np.ptp(np.nanpercentile(HEAD, (3, 97)))))


def test_a_face_without_a_bust_beside_it_is_matched_by_itself():
    fit = fit_person(EXACT, FACE, FACE, ONES)
    assert fit.correlation > 0.99
    assert fit.a > 0


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
    with pytest.raises(ValueError, match="no pixel"):
        fit_person(EXACT, FACE, HEAD, 0 * ONES)
    with pytest.raises(ValueError, match=r"^no pixel of the face has a disparity$"):
        fit_person(np.full(FACE.shape, np.nan), FACE, HEAD, ONES)


def test_a_plane_leaning_by_60_degrees_is_seen_with_a_quarter():
    leaning = visibility(plane(CAMERA_160, slope_x=np.tan(np.radians(60))), CAMERA_160)
    # On the optical axis the ray is the axis: cos 60 = 1 / 2, squared 1 / 4.
    assert leaning[60, 80] == pytest.approx(0.25, abs=0.01)
    assert visibility(plane(CAMERA_160), CAMERA_160)[60, 80] == pytest.approx(1, abs=1e-4)
    # In the corner the ray leans: its squared cosine is 1 / (1 + (79.5 / 400)^2 + (59.5 / 400)^2).
    seen = visibility(plane(CAMERA_160), CAMERA_160)
    assert (seen[0, 0], seen.dtype) == (pytest.approx(0.942, abs=0.001), np.float32)
    assert not visibility(np.full((120, 160), np.nan), CAMERA_160).any()
