import numpy as np
import pytest
import torch
from torch.nn import functional

from worker.depth.network.dinov2 import OFFSET, cubic_weights, resized_position

SIDE = 37


def position(channels=6):
    return torch.randn(1, 1 + SIDE**2, channels, generator=torch.Generator().manual_seed(4))


def by_scale(embedding, grid_hw):
    """What torch's own resampling gives with the scale that the official code hands to it."""
    plane = embedding[:, 1:].transpose(1, 2).unflatten(2, (SIDE, SIDE))
    scale = tuple((cells + OFFSET) / SIDE for cells in grid_hw)
    return functional.interpolate(plane, scale_factor=scale, mode="bicubic").flatten(2).transpose(1, 2)


@pytest.mark.parametrize("grid_hw", [(28, 37), (37, 49), (66, 37), (5, 80), (37, 36)])
def test_the_position_embedding_is_resampled_by_the_scale_of_the_official_code(grid_hw):
    embedding = position()
    resized = resized_position(embedding, grid_hw)
    assert torch.equal(resized[:, 0], embedding[:, 0])
    np.testing.assert_allclose(resized[:, 1:], by_scale(embedding, grid_hw), atol=1e-4)


def test_on_its_own_grid_the_position_embedding_is_taken_as_it_is():
    embedding = position()
    np.testing.assert_allclose(resized_position(embedding, (SIDE, SIDE)), embedding, atol=1e-6)


def test_cubic_weights_agree_with_a_hand_worked_row():
    # Two samples from four: the first lies at 1.5 * 4 / 2 - ... = (0 + 0.5) * 2 - 0.5 = 0.5, half way between samples 0
    # and 1. Kernel at 0.5: (1.25 * 0.5 - 2.25) * 0.25 + 1 = 0.59375, at 1.5: -0.75 * (((1.5 - 5) * 1.5 + 8) * 1.5 - 4)
    # = -0.09375. Sample -1 repeats sample 0.
    weights = cubic_weights(torch.arange(2.0), torch.tensor(0.0), 4)
    np.testing.assert_allclose(weights[0], [0.59375 - 0.09375, 0.59375, -0.09375, 0], atol=1e-6)
    np.testing.assert_allclose(weights.sum(1), [1, 1], atol=1e-6)
