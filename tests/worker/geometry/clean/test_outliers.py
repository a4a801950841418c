import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, noise, plane
from worker.geometry.clean.outliers import noise_sigma, outliers


def test_noise_on_a_slanted_plane_is_measured():
    depth = plane(camera_of(200, 300), slope_x=0.8) + noise((200, 300), 1.5)
    assert noise_sigma(depth) == pytest.approx(1.5, rel=0.05)


def test_a_map_too_small_or_empty_has_no_noise_to_measure():
    assert noise_sigma(np.full((4, 9), np.nan)) == 0
    assert noise_sigma(np.full((2, 9), 600.0)) == 0


def test_spikes_are_found_and_gaussian_noise_is_left_alone():
    depth = plane(camera_of(100, 150)) + noise((100, 150), 1.0)
    spikes = np.zeros(depth.shape, bool)
    spikes[10::20, 15::30] = True
    depth[spikes] += 60
    found = outliers(depth)
    assert found[spikes].all()
    assert not found[~spikes].any()


def test_the_edge_of_a_step_and_the_rim_of_a_ball_are_no_outliers():
    camera = camera_of(100, 150)
    step = plane(camera)
    step[:, 70:] += 300
    assert not outliers(step).any()
    assert not outliers(ball(camera)).any()


def test_a_point_without_neighbours_is_not_judged():
    depth = np.full((5, 7), np.nan)
    depth[2, 3] = 600
    assert not outliers(depth).any()
