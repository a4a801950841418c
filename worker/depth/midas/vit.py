"""DPT v3: Vision Transformers, ViT-Large and the hybrid of a ResNet-50 and ViT-Base.

Source: Ranftl et al., Vision Transformers for Dense Prediction, ICCV 2021, section 3 (readout "project").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import timm
import torch
from torch import Tensor
from torch.nn import functional

from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.decoder import DECODER_RENAMES, Backbone, Decoder, DecoderSpec, EncoderDecoder
from worker.depth.network.layers import with_fixed_padding
from worker.depth.network.reassembly import reassembly

PATCH_PX = 16


def resized_position(position: Tensor, grid_hw: tuple[int, int]) -> Tensor:
    """A ViT's position embedding (1, 1 + N, C), of a square grid after the class token, on another grid."""
    grid = position[:, 1:]
    side = math.isqrt(grid.shape[1])
    grid = grid.transpose(1, 2).unflatten(2, (side, side))
    grid = functional.interpolate(grid, size=grid_hw, mode="bilinear", align_corners=False)
    return torch.cat([position[:, :1], grid.flatten(2).transpose(1, 2)], 1)


def grid_hw_of(photos: Tensor) -> tuple[int, int]:
    """Rows and columns of patches in photos (B, 3, H, W)."""
    height, width = photos.shape[2:]
    return height // PATCH_PX, width // PATCH_PX


class Vit(Backbone):
    """A plain ViT; the feature maps are the outputs of four of its blocks."""

    def __init__(self, model: Any, taps: tuple[int, ...], channels: Sequence[int]) -> None:
        super().__init__(model)
        self.taps = taps
        self.reassemble = reassembly(model.embed_dim, channels)

    def forward(self, photos: Tensor) -> list[Tensor]:
        grid_hw = grid_hw_of(photos)
        tokens = self.model.patch_embed.proj(photos).flatten(2).transpose(1, 2)
        tapped = block_outputs(self.model, tokens, grid_hw, self.taps)
        return [back(block, grid_hw) for back, block in zip(self.reassemble, tapped, strict=True)]


class Hybrid(Vit):
    """A ResNet whose first two stages give the fine feature maps, and a ViT over its third."""

    def __init__(self, model: Any, taps: tuple[int, ...], channels: Sequence[int]) -> None:
        super().__init__(model, taps, channels)
        self.reassemble = self.reassemble[2:]

    def forward(self, photos: Tensor) -> list[Tensor]:
        grid_hw = grid_hw_of(photos)
        resnet = self.model.patch_embed.backbone
        fine = [resnet.stages[0](resnet.stem(photos))]
        fine.append(resnet.stages[1](fine[0]))
        tokens = self.model.patch_embed.proj(resnet.norm(resnet.stages[2](fine[1]))).flatten(2).transpose(1, 2)
        tapped = block_outputs(self.model, tokens, grid_hw, self.taps)
        return fine + [back(block, grid_hw) for back, block in zip(self.reassemble, tapped, strict=True)]


def block_outputs(model: Any, tokens: Tensor, grid_hw: tuple[int, int], taps: tuple[int, ...]) -> list[Tensor]:
    """Run a ViT's blocks over patch tokens (B, N, C); the outputs (B, 1 + N, C) of the blocks in `taps`."""
    x = torch.cat([model.cls_token.expand(tokens.shape[0], -1, -1), tokens], 1)
    x = x + resized_position(model.pos_embed, grid_hw)
    tapped = []
    for index, block in enumerate(model.blocks[: taps[-1] + 1]):
        x = block(x)
        if index in taps:
            tapped.append(x)
    return tapped


def vit(timm_name: str, taps: tuple[int, ...], channels: tuple[int, ...]) -> NetworkSpec:
    """DPT over a plain ViT.

    Args:
        timm_name: of the ViT in timm, which has its size.
        taps: indices of the blocks whose outputs become feature maps.
        channels: of the four feature maps, fine to coarse.
    """
    return NetworkSpec(
        lambda: EncoderDecoder(Vit(timm.create_model(timm_name), taps, channels), decoder(channels)),
        REASSEMBLE_RENAMES + MODEL_RENAMES,
    )


def hybrid(timm_name: str, taps: tuple[int, ...], channels: tuple[int, ...]) -> NetworkSpec:
    """DPT over a ResNet and a ViT; arguments as for `vit`, `taps` of the two coarse feature maps only."""

    def build() -> EncoderDecoder:
        model: Any = timm.create_model(timm_name)
        with_fixed_padding(model.patch_embed.backbone)
        return EncoderDecoder(Hybrid(model, taps, channels), decoder(channels))

    return NetworkSpec(build, HYBRID_RENAMES)


def decoder(channels: tuple[int, ...]) -> Decoder:
    """The decoder of DPT over four feature maps."""
    return Decoder(DecoderSpec(in_channels=channels, widths=(256,) * len(channels)))


REASSEMBLE_RENAMES = tuple(
    (rf"^pretrained\.act_postprocess{n}\.{theirs}\.", f"backbone.reassemble.{n - 1}.{ours}.")
    for n in range(1, 5)
    for theirs, ours in ((r"0\.project\.0", "readout"), ("3", "project"), ("4", "resample"))
)
MODEL_RENAMES = (*DECODER_RENAMES, (r"^pretrained\.model\.", "backbone.model."))
HYBRID_RENAMES = (
    *((rf"^pretrained\.act_postprocess{n}\.", f"pretrained.act_postprocess{n - 2}.") for n in (3, 4)),
    *REASSEMBLE_RENAMES,
    *MODEL_RENAMES,
)
