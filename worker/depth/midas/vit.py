"""DPT v3: Vision Transformers, ViT-Large and the hybrid of a ResNet-50 and ViT-Base.

Source: Ranftl et al., Vision Transformers for Dense Prediction, ICCV 2021, section 3 (readout "project").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from worker.depth.midas.checkpoint import NetworkSpec
from worker.depth.midas.decoder import Backbone, Decoder, DecoderSpec, Midas
from worker.depth.midas.layers import with_fixed_padding

PATCH_PX = 16


class Reassemble(nn.Module):
    """Tokens of one transformer block back to a feature map: readout token, projection, resampling."""

    def __init__(self, width: int, channels: int, resample: nn.Module) -> None:
        super().__init__()
        self.readout = nn.Linear(2 * width, width)
        self.project = nn.Conv2d(width, channels, 1)
        self.resample = resample

    def forward(self, tokens: Tensor, grid_hw: tuple[int, int]) -> Tensor:
        readout, patches = tokens[:, :1], tokens[:, 1:]  # (B, 1, C), (B, N, C)
        mixed = functional.gelu(self.readout(torch.cat([patches, readout.expand_as(patches)], -1)))
        return self.resample(self.project(mixed.transpose(1, 2).unflatten(2, grid_hw)))  # (B, channels, h, w)


def reassembly(width: int, channels: Sequence[int]) -> nn.ModuleList:
    """The four of them, to 4, 2, 1 and 1/2 times the resolution of the tokens' grid."""
    resamplers = [
        nn.ConvTranspose2d(channels[0], channels[0], 4, stride=4),
        nn.ConvTranspose2d(channels[1], channels[1], 2, stride=2),
        nn.Identity(),
        nn.Conv2d(channels[3], channels[3], 3, stride=2, padding=1),
    ]
    return nn.ModuleList(Reassemble(width, *pair) for pair in zip(channels, resamplers, strict=True))


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
        lambda: Midas(Vit(timm.create_model(timm_name), taps, channels), decoder(channels)),
        REASSEMBLE_RENAMES + MODEL_RENAMES,
    )


def hybrid(timm_name: str, taps: tuple[int, ...], channels: tuple[int, ...]) -> NetworkSpec:
    """DPT over a ResNet and a ViT; arguments as for `vit`, `taps` of the two coarse feature maps only."""

    def build() -> Midas:
        model: Any = timm.create_model(timm_name)
        with_fixed_padding(model.patch_embed.backbone)
        return Midas(Hybrid(model, taps, channels), decoder(channels))

    return NetworkSpec(build, HYBRID_RENAMES)


def decoder(channels: tuple[int, ...]) -> Decoder:
    """The decoder of DPT over four feature maps."""
    return Decoder(DecoderSpec(in_channels=channels, widths=(256,) * len(channels)))


REASSEMBLE_RENAMES = tuple(
    (rf"^pretrained\.act_postprocess{n}\.{theirs}\.", f"backbone.reassemble.{n - 1}.{ours}.")
    for n in range(1, 5)
    for theirs, ours in ((r"0\.project\.0", "readout"), ("3", "project"), ("4", "resample"))
)
MODEL_RENAMES = ((r"^pretrained\.model\.", "backbone.model."),)
HYBRID_RENAMES = (
    *((rf"^pretrained\.act_postprocess{n}\.", f"pretrained.act_postprocess{n - 2}.") for n in (3, 4)),
    *REASSEMBLE_RENAMES,
    *MODEL_RENAMES,
)
