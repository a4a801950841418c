import numpy as np
import pytest
import torch

from worker.depth.network.resizing import resized_on_cpu
from worker.depth.network.torch_backend import INTERPOLATIONS, resized_tensor

RAMP = np.tile(np.arange(8, dtype=np.float32), (4, 1))


def test_a_ramp_keeps_its_place_when_enlarged_between_pixel_edges():
    large = resized_on_cpu(RAMP, (32, 8), "bicubic")
    assert large.shape == (8, 32)
    # Pixel 14 of 32 is centred at (14 + 0.5) / 4 - 0.5 = 3.125 of 8; this bicubic kernel bends a ramp a little.
    assert large[3, 14] == pytest.approx(3.125, abs=0.05)


def test_a_ramp_keeps_its_ends_when_enlarged_between_the_corner_pixels():
    large = resized_on_cpu(RAMP, (29, 10), "corners")
    assert large.shape == (10, 29)
    # 28 steps for 7: pixel 14 lies at 14 / 4 = 3.5.
    np.testing.assert_allclose(large[4, [0, 14, 28]], [0, 3.5, 7], atol=1e-6)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("size_wh", [(90, 60), (31, 47), (20, 14), (30, 1), (1, 20)])
def test_the_resize_of_a_gpu_gives_what_the_resize_of_a_cpu_gives(size_wh, interpolation):
    disparity = np.random.default_rng(3).normal(size=(16, 24)).astype(np.float32)
    on_cpu = resized_on_cpu(disparity, size_wh, interpolation)
    on_gpu = resized_tensor(torch.from_numpy(disparity), size_wh, interpolation).numpy()
    assert on_gpu.shape == on_cpu.shape == size_wh[::-1]
    assert np.abs(on_gpu - on_cpu).max() < 1e-3 * np.ptp(disparity)
