import cv2
import numpy as np

from tests.support.scenes import noise
from worker.geometry.fuse.integrability import without_noise

SHAPE = 120, 150
LENGTH_PX = 40.0
SMOOTH = cv2.GaussianBlur(noise(SHAPE, 1.0), (0, 0), 3.0)
SMOOTH /= SMOOTH.std()


def steps_of(values):
    return np.diff(values, axis=1).astype(np.float32), np.diff(values, axis=0).astype(np.float32)


def noisy(steps, sigma):
    return [step + noise(step.shape, sigma, seed).astype(np.float32) for seed, step in enumerate(steps)]


def inner(values):
    return values[15:-15, 15:-15]


def test_the_steps_of_a_surface_are_all_kept():
    for kept, given in zip(without_noise(*steps_of(SMOOTH), LENGTH_PX), steps_of(SMOOTH), strict=True):
        assert inner(kept - given).std() < 0.1 * given.std()


def test_steps_that_turn_in_circles_are_no_surfaces():
    v, u = np.mgrid[: SHAPE[0], : SHAPE[1]] - np.array([59.5, 74.5])[:, None, None]
    right, down = (-v[:, 1:] / 100).astype(np.float32), (u[1:] / 100).astype(np.float32)  # a curl of -2 / 100 anywhere
    for kept in without_noise(right, down, LENGTH_PX):
        assert np.abs(inner(kept)).max() < 1e-3


def test_noise_is_mostly_left_out():
    nothing = np.zeros(SHAPE)
    for kept in without_noise(*noisy(steps_of(nothing), 0.1), LENGTH_PX):
        assert inner(kept).std() < 0.03


def test_what_is_kept_of_noisy_steps_is_nearer_to_the_true_ones():
    true = steps_of(SMOOTH)
    given = noisy(true, 2 * true[0].std())
    for kept, rough, right in zip(without_noise(*given, LENGTH_PX), given, true, strict=True):
        assert inner(kept - right).std() < 0.6 * inner(rough - right).std()
