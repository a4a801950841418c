import cv2
import numpy as np
import pytest

from tests.support.fusing import FACE, ON_HEAD, SCENE, disparity_of
from worker.geometry.fuse.belief import LEAST_SIGMAS, belief_in

NEARNESS = np.where(ON_HEAD, 1 / SCENE, np.where(np.abs(disparity_of(SCENE)) >= 0, 1 / 1200, np.nan))


def noise_map(seed, blur_px):
    values = np.random.default_rng(seed).normal(size=SCENE.shape).astype(np.float32)
    return cv2.GaussianBlur(values, (0, 0), blur_px) if blur_px else values


def test_a_map_that_shows_the_person_is_believed():
    belief = belief_in(disparity_of(SCENE, 3.0), NEARNESS)
    assert belief.correlation > 0.9
    assert not belief.is_noise


def test_a_map_upside_down_is_not():
    belief = belief_in(-disparity_of(SCENE), NEARNESS)
    assert belief.correlation < -0.9
    assert belief.is_noise


@pytest.mark.parametrize("blur_px", [0, 2, 6])
def test_noise_is_told_however_smooth_it_is(blur_px):
    sigmas = [belief_in(noise_map(seed, blur_px), NEARNESS).sigmas for seed in range(60)]
    assert np.mean(np.array(sigmas) > LEAST_SIGMAS) <= 0.03
    assert 0.4 < np.std(sigmas) < 1.6  # so sigmas are what they are called


def test_a_person_under_much_noise_is_believed_all_the_same():
    disparity = disparity_of(SCENE)
    belief = belief_in(disparity + disparity.std() * 2 * noise_map(1, 0), NEARNESS)
    assert not belief.is_noise


def test_where_nothing_is_expected_nothing_counts():
    expected = np.where(np.isfinite(FACE), 1 / SCENE, np.nan)
    disparity = np.where(np.isfinite(FACE), 1 / SCENE, noise_map(2, 0))
    assert belief_in(disparity, expected).correlation > 0.98
    assert belief_in(disparity, np.full(FACE.shape, np.nan)).is_noise


def test_what_a_map_does_not_know_is_not_compared():
    shown = disparity_of(SCENE)
    spoilt = np.where(ON_HEAD, shown, 2000)
    assert belief_in(spoilt, NEARNESS).is_noise
    assert belief_in(np.where(ON_HEAD, shown, np.nan), NEARNESS).correlation > 0.9
    assert belief_in(np.full(SCENE.shape, np.nan), NEARNESS).is_noise
