import numpy as np

from tests.support.scenes import ball, camera_of, noise
from worker.geometry.clean.denoise import denoise

CAMERA = camera_of(160, 220, 500)


def flat_light(depth):
    return np.full(depth.shape, 0.5, np.float32)


def rms(values):
    return float(np.sqrt(np.nanmean(values**2)))


def test_noise_goes_down_to_less_than_half():
    truth = ball(CAMERA)
    noisy = truth + noise(truth.shape, 1.5)
    assert rms(denoise(noisy, flat_light(truth), 3) - truth) < 0.5 * rms(noisy - truth)


def test_a_clean_map_comes_back_unchanged():
    truth = ball(CAMERA)
    np.testing.assert_allclose(denoise(truth, flat_light(truth), 3), truth, atol=0.02)


def test_a_step_much_higher_than_the_noise_stays_a_step():
    step = np.where(np.arange(220)[None] < 110, 600.0, 630.0) + np.zeros((160, 1))
    cleaned = denoise(step + noise(step.shape, 1.0), flat_light(step), 3)
    assert np.median(cleaned[:, 110] - cleaned[:, 109]) > 27


def test_a_low_step_stays_sharper_where_the_photo_shows_it():
    step = np.where(np.arange(220)[None] < 110, 600.0, 602.5) + np.zeros((160, 1))
    noisy = step + noise(step.shape, 1.5)
    seen = denoise(noisy, ((step - 600) / 2.5).astype(np.float32), 3)
    unseen = denoise(noisy, flat_light(step), 3)
    assert np.mean(seen[:, 110] - seen[:, 109]) > 1.3 * np.mean(unseen[:, 110] - unseen[:, 109])


def test_texture_of_the_photo_is_not_copied_into_the_depth():
    truth = np.full((160, 220), 600.0)
    stripes = (np.arange(220)[None] // 8 % 2 + np.zeros((160, 1))).astype(np.float32)
    cleaned = denoise(truth + noise(truth.shape, 1.5), stripes, 3)
    light, dark = cleaned[:, stripes[0] == 1].mean(), cleaned[:, stripes[0] == 0].mean()
    assert abs(light - dark) < 0.1


def test_unknown_pixels_stay_unknown_and_an_empty_map_stays_empty():
    truth = ball(CAMERA)
    noisy = truth + noise(truth.shape, 1.5)
    np.testing.assert_array_equal(np.isnan(denoise(noisy, flat_light(truth), 3)), np.isnan(truth))
    assert np.isnan(denoise(np.full((4, 6), np.nan), np.zeros((4, 6), np.float32), 3)).all()
