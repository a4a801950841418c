import numpy as np
import pytest

from worker.person.corrections import symmetric, unbiased
from worker.person.face_mesh import face_mesh

MIRROR = face_mesh().mirror


def symmetric_face(yaw_deg: float) -> np.ndarray:
    """(468, 3) mm: a random but symmetric shape, as deep as a face, turned and 700 mm away."""
    shape = np.random.default_rng(0).normal(scale=(40, 50, 20), size=(468, 3))
    shape = (shape + shape[MIRROR] * [-1, 1, 1]) / 2
    yaw = np.radians(yaw_deg)
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    return shape @ turn.T + [20, -10, 700]


def with_wrong_depths(points: np.ndarray, error_mm: float) -> np.ndarray:
    """Each point moved along its ray at random."""
    along = np.random.default_rng(1).normal(scale=error_mm, size=len(points))
    return points * (1 + along / points[:, 2])[:, None]


def rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


@pytest.mark.parametrize("yaw_deg", [0.0, 25.0, -60.0])
def test_a_symmetric_face_stays_as_it_is(yaw_deg):
    points = symmetric_face(yaw_deg)
    assert symmetric(points) == pytest.approx(points, abs=1e-6)


def test_points_stay_where_they_are_in_the_photo():
    points = with_wrong_depths(symmetric_face(25.0), 4.0)
    moved = symmetric(points)
    assert np.abs(moved - points).max() > 1
    assert moved[:, :2] / moved[:, 2:] == pytest.approx(points[:, :2] / points[:, 2:])


@pytest.mark.parametrize(("yaw_deg", "least_gain"), [(10.0, 1.3), (30.0, 1.6), (-50.0, 2.0)])
def test_wrong_depths_of_a_turned_face_come_nearer_to_the_truth(yaw_deg, least_gain):
    truth = symmetric_face(yaw_deg)
    wrong = with_wrong_depths(truth, 3.0)
    assert rms(wrong - truth) > least_gain * rms(symmetric(wrong) - truth)


def test_the_network_s_own_error_is_taken_away_along_the_head_s_back():
    back = np.array([0.6, 0.0, 0.8])
    moved = unbiased(np.zeros((468, 3)), back)
    assert np.linalg.norm(np.cross(moved, back), axis=1) == pytest.approx(0)
    assert 0.1 < np.abs(moved).max() < 2


def test_the_network_s_own_error_is_alike_on_both_sides():
    moved = unbiased(np.zeros((468, 3)), np.array([0.0, 0.0, 1.0]))[:, 2]
    assert moved[MIRROR] == pytest.approx(moved)
