"""MiDaS v2.1: convolutional backbones, EfficientNet-Lite3 (small) and ResNeXt-101 32x8d.

Source: Ranftl et al., Towards Robust Monocular Depth Estimation, TPAMI 2022; the official midas_net_custom.py and
midas_net.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import timm
from torch import Tensor, nn
from torchvision.models import resnet

from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.decoder import DECODER_RENAMES, Decoder, DecoderSpec, EncoderDecoder
from worker.depth.network.layers import with_fixed_padding


class Stages(nn.Module):
    """Modules run one after the other; the output of each is a feature map."""

    def __init__(self, stages: Sequence[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


def efficientnet() -> NetworkSpec:
    """MiDaS v2.1 small."""
    return NetworkSpec(_small, STAGE_RENAMES)


def resnext() -> NetworkSpec:
    """MiDaS v2.1."""
    return NetworkSpec(_large, STAGE_RENAMES)


def _small() -> EncoderDecoder:
    net: Any = timm.create_model("tf_efficientnet_lite3")
    with_fixed_padding(net)
    blocks = net.blocks
    stem = nn.Sequential(net.conv_stem, net.bn1, nn.Identity(), blocks[0], blocks[1])
    backbone = Stages([stem, *(nn.Sequential(*group) for group in (blocks[2:3], blocks[3:5], blocks[5:7]))])
    return EncoderDecoder(backbone, Decoder(SMALL_DECODER))


def _large() -> EncoderDecoder:
    net = resnet.resnext101_32x8d()
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1)
    return EncoderDecoder(Stages([stem, net.layer2, net.layer3, net.layer4]), Decoder(LARGE_DECODER))


SMALL_DECODER = DecoderSpec(
    in_channels=(32, 48, 136, 384),
    widths=(64, 128, 256, 512),
    narrowing=True,
    head_widths=(32, 32),
    head_corners=False,
)
LARGE_DECODER = DecoderSpec(
    in_channels=(256, 512, 1024, 2048),
    widths=(256, 256, 256, 256),
    projected=False,
    rectified_skip=True,
    head_corners=False,
)

STAGE_RENAMES = (
    *DECODER_RENAMES,
    *((rf"^pretrained\.layer{n}\.", f"backbone.stages.{n - 1}.") for n in range(1, 5)),
)
