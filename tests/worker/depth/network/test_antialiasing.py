import numpy as np
import pytest
import torch
from torch.nn import functional

from worker.depth.network.antialiasing import BLOCK, antialiased


def test_a_step_that_is_shrunk_agrees_with_hand_worked_pixels():
    # Of four pixels two are made: each is two wide and reaches two from its middle, which lies at 1 and at 3. The old
    # middles 0.5, 1.5 and 2.5 weigh 0.75, 0.75 and 0.25 in the first, of 1.75; the last three weigh as much in the
    # second.
    step = np.zeros((1, 4, 1), np.uint8)
    step[0, 2:] = 175
    np.testing.assert_allclose(antialiased(step, (2, 1))[0, :, 0], [25, 150], rtol=1e-6)


def test_a_ramp_that_is_enlarged_agrees_with_hand_worked_pixels():
    # Twice as wide, middles lie at 0.25, 0.75, 1.25 and 1.75: between 0.5 and 1.5 on the line, beyond as at the ends.
    ramp = np.array([[[10], [30]]], np.uint8)
    np.testing.assert_allclose(antialiased(ramp, (4, 1))[0, :, 0], [10, 15, 25, 30], rtol=1e-6)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize(
    ("from_hw", "to_wh"),
    [((300, 411), (98, 2 * BLOCK + 5)), ((40, 23), (154, 252)), ((7, 500), (31, 3)), ((3, 5), (5, 3))],
)
def test_it_is_torchs_interpolation_with_antialiasing(from_hw, to_wh, kind):
    picture = np.random.default_rng(4).integers(0, 256, (*from_hw, 3)).astype(kind)
    # In float32, torch's own weights are off by up to 3e-5.
    planes = torch.from_numpy(picture.astype(np.float64)).permute(2, 0, 1)[None]
    expected = functional.interpolate(planes, to_wh[::-1], mode="bilinear", antialias=True)[0].permute(1, 2, 0)
    found = antialiased(picture, to_wh)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.numpy(), atol=255 * 5e-7)
