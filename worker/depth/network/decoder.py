"""The decoder of all networks: four (LeViT: three) feature maps are fused from coarse to fine into disparity.

The convolutional decoder of MiDaS v2.1 and the DPT decoder of MiDaS v3, v3.1 and Depth Anything are the same network
with other settings.
Sources: Ranftl et al., Towards Robust Monocular Depth Estimation, TPAMI 2022; Ranftl et al., Vision Transformers for
Dense Prediction, ICCV 2021, section 3; Xian et al., Monocular Relative Depth Perception, CVPR 2018 (the fusion block).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from worker.depth.network.checkpoint import Renames


@dataclass(frozen=True)
class DecoderSpec:
    """Settings of a decoder.

    in_channels: channels of the feature maps, fine to coarse.
    widths: channels of each level inside the decoder, fine to coarse.
    narrowing: a level hands down half of its channels (v2.1 small).
    projected: a 1 x 1 convolution ends each fusion.
    rectified_skip: a residual unit adds the rectified input rather than the input itself; v2.1's large network was
        trained with an in-place ReLU, which does that.
    head_widths: channels of the two hidden maps of the head.
    head_corners: the head's upsampling aligns the corners of the grids.
    head_growth: (a, b): the head's upsampling makes a side a / b times as long.
    head_in: channels that reach the head, where a stem before it changes them (LeViT); None for the finest width.
    """

    in_channels: tuple[int, ...]
    widths: tuple[int, ...]
    narrowing: bool = False
    projected: bool = True
    rectified_skip: bool = False
    head_widths: tuple[int, int] = (128, 32)
    head_corners: bool = True
    head_growth: tuple[int, int] = (2, 1)
    head_in: int | None = None


class ResidualUnit(nn.Module):
    """Two 3 x 3 convolutions, each after a ReLU, added to the input."""

    def __init__(self, width: int, rectified_skip: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.rectified_skip = rectified_skip

    def forward(self, x: Tensor) -> Tensor:
        rectified = functional.relu(x)
        residual = self.conv2(functional.relu(self.conv1(rectified)))
        return residual + (rectified if self.rectified_skip else x)


class Fusion(nn.Module):
    """Add a level's features to what comes from the coarser level, and upsample."""

    def __init__(self, width: int, out_width: int, spec: DecoderSpec) -> None:
        super().__init__()
        self.skip = ResidualUnit(width, spec.rectified_skip)
        self.blend = ResidualUnit(width, spec.rectified_skip)
        self.out = nn.Conv2d(width, out_width, 1) if spec.projected else nn.Identity()

    def forward(self, level: Tensor, coarser: Tensor | None, size_hw: Sequence[int]) -> Tensor:
        # The coarsest level has nothing to add to; its `skip` lies in the checkpoints, untrained and unused.
        fused = level if coarser is None else coarser + self.skip(level)
        # The official code upsamples first. A 1 x 1 convolution gives the same before, on a quarter of the pixels.
        return _upsampled(self.out(self.blend(fused)), size_hw, corners=True)


class Head(nn.Module):
    """Features to disparity at a higher resolution; never negative."""

    def __init__(self, width: int, spec: DecoderSpec) -> None:
        super().__init__()
        first, second = spec.head_widths
        self.conv1 = nn.Conv2d(width, first, 3, padding=1)
        self.conv2 = nn.Conv2d(first, second, 3, padding=1)
        self.conv3 = nn.Conv2d(second, 1, 1)
        self.corners, self.growth = spec.head_corners, spec.head_growth

    def forward(self, x: Tensor) -> Tensor:
        x, (times, over) = self.conv1(x), self.growth
        x = _upsampled(x, [times * side // over for side in x.shape[2:]], self.corners)
        x = self.conv3(functional.relu(self.conv2(x)))
        return functional.relu(x).squeeze(1)  # (B, H, W)


class Decoder(nn.Module):
    """Feature maps, fine to coarse, to disparity (B, H, W)."""

    def __init__(self, spec: DecoderSpec, stem: nn.Module | None = None) -> None:
        super().__init__()
        widths, levels = spec.widths, range(len(spec.widths))
        self.inputs = nn.ModuleList(
            nn.Conv2d(channels, width, 3, padding=1, bias=False)
            for channels, width in zip(spec.in_channels, widths, strict=True)
        )
        out_widths = [width // 2 if spec.narrowing and level else width for level, width in enumerate(widths)]
        self.fusions = nn.ModuleList(Fusion(widths[level], out_widths[level], spec) for level in levels)
        self.stem = stem or nn.Identity()
        self.head = Head(spec.head_in or widths[0], spec)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        levels = [project(feature) for project, feature in zip(self.inputs, features, strict=True)]
        path: Tensor | None = None
        for index in reversed(range(len(levels))):
            finer = levels[index - 1].shape[2:] if index else [2 * side for side in levels[0].shape[2:]]
            path = self.fusions[index](levels[index], path, finer)
        return self.head(self.stem(path))


class Backbone(nn.Module):
    """A timm model whose feature maps, fine to coarse, are taken from inside it."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model


class EncoderDecoder(nn.Module):
    """A backbone that gives feature maps, fine to coarse, and the decoder over them."""

    def __init__(self, backbone: nn.Module, decoder: Decoder) -> None:
        super().__init__()
        self.backbone = backbone
        self.decoder = decoder

    def forward(self, photos: Tensor) -> Tensor:
        """Disparity (B, H, W), larger is nearer, of normalised photos (B, 3, H, W)."""
        return self.decoder(self.backbone(photos))


def _upsampled(x: Tensor, size_hw: Sequence[int], corners: bool) -> Tensor:
    return functional.interpolate(x, size=torch.Size(size_hw), mode="bilinear", align_corners=corners)


# From the keys of an official MiDaS checkpoint.
DECODER_RENAMES: Renames = (
    *((rf"^scratch\.layer{n}_rn\.", f"decoder.inputs.{n - 1}.") for n in range(1, 5)),
    *((rf"^scratch\.refinenet{n}\.", f"decoder.fusions.{n - 1}.") for n in range(1, 5)),
    (r"\.resConfUnit1\.", ".skip."),
    (r"\.resConfUnit2\.", ".blend."),
    (r"\.out_conv\.", ".out."),
    (r"^scratch\.output_conv\.0\.", "decoder.head.conv1."),
    (r"^scratch\.output_conv\.2\.", "decoder.head.conv2."),
    (r"^scratch\.output_conv\.4\.", "decoder.head.conv3."),
    (r"^scratch\.stem_transpose\.", "decoder.stem."),
)
