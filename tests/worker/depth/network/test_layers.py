import pytest
import torch
from timm.layers.std_conv import StdConv2d, StdConv2dSame
from torch import nn

from worker.depth.network.layers import HalvingConv, HalvingStdConv, folded, standardised


def test_standardised_weights_agree_with_a_hand_worked_channel():
    weight = torch.tensor([1.0, 2.0, 3.0, 6.0]).reshape(1, 1, 1, 4)  # mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5
    expected = torch.tensor([-2.0, -1.0, 0.0, 3.0]) / 3.5**0.5
    torch.testing.assert_close(standardised(weight, 1e-9).flatten(), expected)


@pytest.mark.parametrize(
    "conv",
    [
        StdConv2d(4, 6, 3, bias=True),
        StdConv2dSame(4, 6, 3),
        HalvingStdConv(4, 6, 3, 2, padding="valid"),
    ],
)
def test_a_folded_convolution_gives_what_the_standardised_one_gave(conv):
    torch.manual_seed(7)
    photos = torch.randn(2, 4, 8, 12)
    network = nn.Sequential(conv).eval().requires_grad_(False)
    expected = network(photos)
    plain = folded(network)
    assert type(plain[0]) in (nn.Conv2d, HalvingConv)
    torch.testing.assert_close(plain(photos), expected)
