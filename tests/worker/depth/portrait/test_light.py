import numpy as np
import pytest

from worker.depth.portrait.light import fit_light, harmonics


def test_derivatives_of_the_harmonics_agree_with_differences():
    normals = np.random.default_rng(1).normal(size=(5, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    values, slopes = harmonics(normals)
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 1e-6
        ahead, behind = harmonics(normals + step)[0], harmonics(normals - step)[0]
        assert slopes[..., axis] == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)
    assert values.shape == (5, 16)


def test_a_fit_finds_the_light_again_and_turns_outliers_down():
    normals = np.random.default_rng(2).normal(size=(400, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    values, _ = harmonics(normals)
    true = np.concatenate([[0.5, 0.1, -0.2, -0.3], np.zeros(12)])
    seen = values @ true
    seen[:20] += 0.5
    light, weights = fit_light(values, seen, np.ones(400), outlier=0.05, ridge=1e-6, rounds=12)
    assert light == pytest.approx(true, abs=0.02)
    assert weights[:20].max() < 0.05 < 0.9 < weights[20:].min()
