import numpy as np

from worker.person.matting import band_of, guided_filter

V, U = np.mgrid[:60, :90]


def test_a_blurred_step_is_drawn_to_the_edge_of_the_colours():
    guide = np.where((U < 45)[..., None], [0.9, 0.2, 0.2], [0.2, 0.2, 0.9]).astype(np.float32)
    blurred = np.clip((51 - U) / 12, 0, 1).astype(np.float32)  # half at the edge, wide
    sharp = guided_filter(guide, blurred, 12)
    steepness = sharp[:, 44] - sharp[:, 45]
    assert steepness.min() > 0.3 > (blurred[:, 44] - blurred[:, 45]).max()


def test_values_without_an_edge_stay_what_they_are():
    noise = np.random.default_rng(2).random((60, 90, 3)).astype(np.float32)
    assert np.allclose(guided_filter(noise, np.full((60, 90), 0.7, np.float32), 8), 0.7, atol=1e-3)


def test_the_band_reaches_as_far_on_both_sides():
    band = band_of(U < 40, 5)
    assert band[30].nonzero()[0].tolist() == list(range(35, 45))
