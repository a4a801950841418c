"""Ours against the official networks, through the loading path of a downloaded checkpoint."""

import numpy as np
import pytest

from tests.worker.depth.midas.seeding import reference

QUICK = ["midas_v21_small_256", "midas_v21_384"]


@pytest.mark.parametrize("name", QUICK)
def test_the_disparity_equals_the_official_networks(name, seeded_model):
    inputs, official = reference(name)
    ours = seeded_model(name)._backend(inputs)[0]
    assert np.abs(ours - official).max() <= 1e-4 * np.ptp(official)
