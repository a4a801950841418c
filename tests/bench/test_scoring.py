import numpy as np
import pytest

from bench.scoring import score, similarity


def bowl():
    v, u = np.mgrid[:30, :42].astype(float)
    return np.dstack([u, v, 0.02 * (u - 20) ** 2 + 0.01 * (v - 9) ** 2])


def test_a_similarity_is_found_again():
    points = np.random.default_rng(0).normal(size=(50, 3))
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    found = similarity(points, 2 * points @ turn.T + [1, 2, 3])
    assert found.scale == pytest.approx(2)
    assert found.rotation == pytest.approx(turn)
    assert found.shift == pytest.approx([1, 2, 3])


def test_a_scaled_and_moved_copy_scores_nothing():
    assert score(bowl() * 3 + 5, bowl()).median_mm == pytest.approx(0, abs=1e-6)


def test_noise_scores_less_than_its_own_size_but_something():
    truth = bowl()
    noisy = truth + np.random.default_rng(0).normal(scale=0.2, size=truth.shape) * [0, 0, 1]
    assert 0.01 < score(noisy, truth).mean_mm < 0.2


def test_too_few_common_pixels_are_refused():
    truth = bowl()
    empty = np.where(np.arange(42)[None, :, None] < 3, truth, np.nan)
    with pytest.raises(ValueError, match="90 pixels"):
        score(empty, truth)
