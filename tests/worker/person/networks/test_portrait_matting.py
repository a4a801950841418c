from pathlib import Path

import numpy as np
import pytest

from shared.settings import WeightsSettings
from worker.depth.portrait.row import WEIGHTS
from worker.person.networks.portrait_matting import PortraitMattingNetwork, input_wh


@pytest.mark.parametrize(
    ("photo_wh", "expected_wh"),
    [
        ((768, 1024), (512, 672)),  # 512 x 682.7, to multiples of 32
        ((300, 400), (288, 384)),  # 300 x 400 as it is
        ((127, 160), (256, 320)),  # enlarged to 256
        ((90, 900), (256, 512)),  # squeezed to two to one
        ((1, 1), (256, 256)),
    ],
)
def test_the_network_sees_photos_at_a_size_that_it_knows_and_that_is_bounded(photo_wh, expected_wh):
    assert input_wh(photo_wh) == expected_wh


def test_a_photo_s_memory_is_given_back_with_its_outline():
    folder = WeightsSettings.from_environment().weights
    WEIGHTS.fetch(folder)
    network = PortraitMattingNetwork(folder)
    before_mb = _resident_mb()
    for height, width in ((512, 768), (768, 512), (512, 640)):
        alpha = network.alpha(np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8))
        assert alpha.shape == (height, width)
    assert _resident_mb() - before_mb < 150  # 350 and more where it is kept


def _resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
