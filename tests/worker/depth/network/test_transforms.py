import numpy as np
import pytest

from worker.depth.network.transforms import HALF, IMAGENET, InputRule, input_size_wh, network_input

MINIMAL = InputRule(384)
UPPER_BOUND = InputRule(384, "upper_bound")
SQUARE = InputRule(224, fixed=True)
LOWER_BOUND = InputRule(518, "lower_bound", multiple_px=14)


@pytest.mark.parametrize(
    ("photo_size_wh", "rule", "expected_wh"),
    [
        # Landscape 4000 x 3000: scales 0.096 and 0.128. Minimal takes 0.128, nearer to 1: 512 x 384.
        ((4000, 3000), MINIMAL, (512, 384)),
        # The upper bound takes 0.096: 384 x 288.
        ((4000, 3000), UPPER_BOUND, (384, 288)),
        ((4000, 3000), SQUARE, (224, 224)),
        # Portrait 1080 x 1920: scales 0.3556 and 0.2. Minimal: 384 x 682.7, rounded to 21 * 32 = 672.
        ((1080, 1920), MINIMAL, (384, 672)),
        # Upper bound: 216 x 384, and 216 / 32 = 6.75 rounds to 7 * 32.
        ((1080, 1920), UPPER_BOUND, (224, 384)),
        # Tiny 100 x 60: scales 3.84 and 6.4. Minimal takes 3.84: 384 x 230.4, and 7.2 rounds to 7 * 32.
        ((100, 60), MINIMAL, (384, 224)),
        ((100, 60), UPPER_BOUND, (384, 224)),
        ((100, 60), SQUARE, (224, 224)),
        # Half way, 384 x 240 is 7.5 multiples: numpy's rounding, to the even one, 8 * 32.
        ((768, 480), UPPER_BOUND, (384, 256)),
        # A strip 800 x 20: 384 x 9.6 would round to no rows at all.
        ((800, 20), UPPER_BOUND, (384, 32)),
        # Landscape 4000 x 3000: scales 0.1295 and 0.1727. The lower bound takes 0.1727: 690.7 x 518, 49.3 -> 49 * 14.
        ((4000, 3000), LOWER_BOUND, (686, 518)),
        # Portrait 1080 x 1920: scales 0.4796 and 0.2698. 518 x 920.9, and 65.8 -> 66 * 14.
        ((1080, 1920), LOWER_BOUND, (518, 924)),
        # Tiny 100 x 60: scales 5.18 and 8.633: 863.3 x 518, and 61.7 -> 62 * 14.
        ((100, 60), LOWER_BOUND, (868, 518)),
    ],
)
def test_input_sizes_agree_with_hand_worked_ones(photo_size_wh, rule, expected_wh):
    assert input_size_wh(photo_size_wh, rule) == expected_wh


def test_an_upper_bound_that_is_no_multiple_is_not_passed():
    # 250 / 32 = 7.8 would round up to 256, past the bound.
    assert input_size_wh((500, 500), InputRule(250, "upper_bound")) == (224, 224)


def test_a_pixel_is_normalised_as_worked_by_hand():
    photo = np.full((5, 7, 3), (255, 102, 0), np.uint8)
    inputs = network_input(photo, (4, 2), HALF)
    assert inputs.shape == (3, 2, 4)
    assert inputs.dtype == np.float32
    np.testing.assert_allclose(inputs[:, 1, 2], [1.0, -0.2, -1.0], atol=1e-6)
    red = network_input(photo, (4, 2), IMAGENET)[0, 0, 0]
    assert red == pytest.approx((1 - 0.485) / 0.229)


def test_bicubic_resizing_overshoots_as_the_official_float_resize_does():
    step = np.zeros((4, 8, 3), np.uint8)
    step[:, 4:] = 255
    inputs = network_input(step, (16, 4), HALF)
    assert inputs.max() > 1.01
