import cv2
import numpy as np
import pytest

from tests.support.scenes import noise
from worker.geometry.fuse.integration import integrated
from worker.geometry.jumps import Links

SHAPE = 47, 61


def links(shape=SHAPE):
    height, width = shape
    return Links(np.ones((height, width - 1), bool), np.ones((height - 1, width), bool))


def steps_of(values):
    return np.diff(values, axis=1).astype(np.float32), np.diff(values, axis=0).astype(np.float32)


def test_a_function_comes_back_from_its_steps_but_for_its_mean():
    values = cv2.GaussianBlur(noise(SHAPE, 1.0), (0, 0), 2.0)
    found = integrated(*steps_of(values), links(), length_px=300)
    np.testing.assert_allclose(found, values - values.mean(), atol=0.02 * values.std())


def test_of_a_wave_as_long_as_2_pi_lengths_half_is_left():
    columns = np.arange(1, 2 * 120, 2) / (2 * 120)  # centres of 120 pixels, 0..1
    wave = np.broadcast_to(np.cos(2 * np.pi * 2 * columns), (7, 120))  # of 60 pixels
    found = integrated(*steps_of(wave), links(wave.shape), length_px=60 / (2 * np.pi))
    np.testing.assert_allclose(found, wave / 2, atol=2e-3)


def test_over_a_cut_no_step_is_read_and_any_may_arise():
    cut = links()
    cut.right[:, 29] = False
    right, down = (np.zeros((47, 60), np.float32), np.zeros((46, 61), np.float32))
    right[:, 29] = 1e6
    right[:, 40] = 1.0  # on the right side of the cut alone
    found = integrated(right, down, cut, length_px=50)
    assert np.abs(found[:, :30]).max() < 0.02
    np.testing.assert_allclose(np.diff(found, axis=1)[:, 40], 1, atol=0.03)


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 1)])
def test_the_smallest_pictures_are_no_exception(shape):
    assert not integrated(*steps_of(np.zeros(shape)), links(shape), 3.0).any()
