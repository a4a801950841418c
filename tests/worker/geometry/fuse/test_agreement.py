import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, noise, plane
from worker.geometry.fuse.agreement import agreement_of, steeper
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

CAMERA = camera_of(140, 190, 400.0)
BALL = ball(CAMERA)
ON_BALL = np.isfinite(BALL)
NORMALS = normals_of(BALL, CAMERA, links_of(BALL, CAMERA))


def agreement(normals, gain=None):
    return agreement_of(normals, np.nan_to_num(BALL), ON_BALL, CAMERA, gain=gain)


def test_slopes_are_multiplied_and_normals_stay_unit_vectors():
    normal = np.array([[[3.0, 0.0, -4.0]]]) / 5  # a slope of 3 / 4; twice of it is 3 / 2, of a normal (3, 0, -2)
    np.testing.assert_allclose(steeper(normal, 2.0)[0, 0], np.array([3, 0, -2]) / np.sqrt(13), rtol=1e-6)


def test_the_normals_of_the_surface_itself_agree_all_over():
    same = agreement(NORMALS)
    assert same.gain == pytest.approx(1, abs=0.05)
    assert same.share > 0.9
    assert same.angle_deg < 3
    assert not same.weight[~ON_BALL].any()


@pytest.mark.parametrize("flat", [0.5, 0.8])
def test_normals_that_draw_it_flat_count_as_much_once_they_are_steeper(flat):
    flattened = agreement(steeper(NORMALS, flat))
    assert flattened.gain == pytest.approx(1 / flat, rel=0.08)
    assert flattened.share > 0.85


def test_noise_does_not_part_them():
    rough = NORMALS + noise((*BALL.shape, 3), 0.2)
    assert agreement(rough / np.linalg.norm(rough, axis=-1, keepdims=True)).share > 0.85


@pytest.mark.parametrize("other", [plane(CAMERA), plane(CAMERA, slope_x=1.0), 1200 - np.nan_to_num(BALL, nan=600)])
def test_normals_of_another_surface_count_for_nothing(other):
    assert agreement(normals_of(other, CAMERA, links_of(other, CAMERA))).share < 0.1


def test_where_a_part_is_something_else_the_rest_still_counts():
    partly = NORMALS.copy()
    partly[:, 95:] = [0.8, 0, -0.6]
    found = agreement(partly)
    assert found.gain == pytest.approx(1, abs=0.2)
    assert found.weight[70, 70] > 0.4
    assert found.weight[70, 110] < 0.1


def test_a_gain_that_is_known_is_not_sought():
    assert agreement(steeper(NORMALS, 0.5), gain=1.0).gain == 1
    assert agreement(np.full((*BALL.shape, 3), np.nan), gain=1.5).gain == 1.5


def test_where_there_is_nothing_to_compare_nothing_counts():
    for normals, at in [(np.full((*BALL.shape, 3), np.nan), ON_BALL), (NORMALS, np.zeros_like(ON_BALL))]:
        nothing = agreement_of(normals, np.nan_to_num(BALL), at, CAMERA)
        assert (nothing.gain, nothing.share, nothing.angle_deg) == (1, 0, None)
        assert not nothing.weight.any()
