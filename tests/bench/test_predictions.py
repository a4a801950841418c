"""Predictions that are made from true heads have the faults that they are said to have, and no others."""

import numpy as np
import pytest

from bench.heads import Head
from bench.predictions import FAULTS, Fault, affine, prediction_of

HEIGHT, WIDTH = 90, 120
FOV_X_DEG = 30.0


@pytest.fixture(scope="module")
def head() -> Head:
    """A ball of 100 mm before the camera, whose middle is 700 mm away."""
    focal = WIDTH / 2 / np.tan(np.radians(FOV_X_DEG) / 2)
    v, u = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    rays = np.dstack([(u - WIDTH / 2) / focal, (v - HEIGHT / 2) / focal, np.ones_like(u)])
    squared = (rays**2).sum(-1)
    with np.errstate(invalid="ignore"):
        depth = (700 - np.sqrt(700**2 - squared * (700**2 - 100**2))) / squared
    return Head("ball", np.zeros((HEIGHT, WIDTH, 3), np.uint8), depth, FOV_X_DEG)


def median_depth(head, fault):
    made = prediction_of(head, fault)
    return float(np.median(1 / made.disparity[np.isfinite(head.depth)]))


def test_an_exact_prediction_is_the_truth(head):
    made, known = prediction_of(head, FAULTS["exact"]), np.isfinite(head.depth)
    np.testing.assert_array_equal(made.mask, known)
    np.testing.assert_allclose(1 / made.disparity[known], head.depth[known], rtol=1e-6)
    assert not made.disparity[~known].any()
    assert made.camera.fx == pytest.approx(60 / np.tan(np.radians(15)))
    v, u = HEIGHT // 2, WIDTH // 2 + 20  # 20 pixels aside of the middle, where the ball is (x, 0, z)
    z = head.depth[v, u]
    by_hand = np.array([20 * z / made.camera.fx / 100, 0, (z - 700) / 100])
    np.testing.assert_allclose(made.normals[v, u], by_hand, atol=0.03)


@pytest.mark.parametrize("name", FAULTS)
def test_every_prediction_is_whole_and_the_same_again(head, name):
    made, again = (prediction_of(head, FAULTS[name]) for _ in range(2))
    known = np.ones((HEIGHT, WIDTH), bool) if made.mask is None else made.mask
    assert made.scale == "metric"
    assert np.isfinite(made.disparity).all()
    assert (made.disparity[known] > 0).all()
    length = np.linalg.norm(made.normals, axis=-1)
    np.testing.assert_allclose(length[np.isfinite(length)], 1, atol=1e-5)
    assert np.isfinite(length[known]).mean() > 0.98
    np.testing.assert_array_equal(made.disparity, again.disparity)
    np.testing.assert_array_equal(made.normals, again.normals)


def test_scale_lens_and_flatness_are_off_by_what_the_fault_says(head):
    middle, depth_mm = float(np.nanmedian(head.depth)), float(np.ptp(head.depth[np.isfinite(head.depth)]))
    assert median_depth(head, Fault(scale=2)) == pytest.approx(2 * middle)
    assert median_depth(head, Fault(lens=1.4)) == pytest.approx(1.4 * middle)
    for fault, ratio in [(Fault(lens=1.4), 1), (Fault(lens=1.4, stretched=True), 1.4), (Fault(extent=0.6), 0.6)]:
        made = prediction_of(head, fault)
        assert np.ptp(1 / made.disparity[made.mask]) == pytest.approx(ratio * depth_mm, rel=0.01)
        assert made.camera.fx == pytest.approx(fault.lens * head.camera.fx)


def test_normals_are_as_many_degrees_off_as_the_fault_says(head):
    right, wrong = (prediction_of(head, fault).normals for fault in (Fault(), Fault(normals_off_deg=10)))
    angle = np.degrees(np.arccos(np.clip((right * wrong).sum(-1), -1, 1)))
    assert np.sqrt(np.nanmean(angle**2)) == pytest.approx(10, rel=0.1)


def test_what_is_affine_knows_neither_scale_nor_anything_but_disparity(head):
    made = prediction_of(head, FAULTS["exact, before a wall"])
    left = affine(made)
    assert (left.scale, left.mask, left.normals, left.camera) == ("affine", None, None, None)
    assert (left.disparity.min(), left.disparity.max()) == (0, 1)
    assert np.corrcoef(left.disparity.ravel(), made.disparity.ravel())[0, 1] == pytest.approx(1)
