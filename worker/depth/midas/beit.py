"""DPT v3.1 over BEiT, whose attention has a bias by relative position.

Sources: Bao et al., BEiT, ICLR 2022; Birkl et al., MiDaS v3.1, arXiv 2307.14460, section 3.
"""

from __future__ import annotations

from typing import Any

import timm
import torch
from timm.models.beit import gen_relative_position_index
from torch import Tensor
from torch.nn import functional

from worker.depth.midas.vit import MODEL_RENAMES, REASSEMBLE_RENAMES, Vit, decoder, grid_hw_of
from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.decoder import EncoderDecoder

SPECIAL = 3  # entries of a bias table for class token to patch, patch to class token, class token to itself


class Beit(Vit):
    """A BEiT on a grid of any size; the feature maps are the outputs of four of its blocks."""

    def forward(self, photos: Tensor) -> list[Tensor]:
        grid_hw = grid_hw_of(photos)
        index = gen_relative_position_index(grid_hw).to(photos.device).flatten()
        x = self.model.patch_embed.proj(photos).flatten(2).transpose(1, 2)
        x = torch.cat([self.model.cls_token.expand(x.shape[0], -1, -1), x], 1)
        features: list[Tensor] = []
        for number, block in enumerate(self.model.blocks[: self.taps[-1] + 1]):
            x = x + block.gamma_1 * _attention(block.attn, block.norm1(x), grid_hw, index)
            x = x + block.gamma_2 * block.mlp(block.norm2(x))
            if number in self.taps:
                features.append(self.reassemble[len(features)](x, grid_hw))
        return features


def _attention(attention: Any, x: Tensor, grid_hw: tuple[int, int], index: Tensor) -> Tensor:
    """Multi-head attention over tokens (B, 1 + N, C) with the relative position bias of this grid.

    timm's own holds the bias of one grid size; ours makes that of the photo's, as the official code does.
    """
    qkv_bias = torch.cat([attention.q_bias, attention.k_bias, attention.v_bias])
    qkv = functional.linear(x, attention.qkv.weight, qkv_bias)
    q, k, v = qkv.unflatten(2, (3, attention.num_heads, -1)).permute(2, 0, 3, 1, 4)  # (B, heads, 1 + N, C / heads)
    table = resized_table(attention.relative_position_bias_table, attention.window_size, grid_hw)
    bias = table[index].unflatten(0, (x.shape[1], x.shape[1])).permute(2, 0, 1).unsqueeze(0)  # (1, heads, 1+N, 1+N)
    mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.contiguous())
    return attention.proj(mixed.transpose(1, 2).flatten(2))


def resized_table(table: Tensor, window_hw: tuple[int, int], grid_hw: tuple[int, int]) -> Tensor:
    """A relative position bias table (2h-1 x 2w-1 + 3, heads) of one window, interpolated for another."""
    if window_hw == grid_hw:
        return table
    old, new = (tuple(2 * side - 1 for side in size_hw) for size_hw in (window_hw, grid_hw))
    plane = table[:-SPECIAL].unflatten(0, old).permute(2, 0, 1).unsqueeze(0)  # (1, heads, 2h-1, 2w-1)
    plane = functional.interpolate(plane, size=new, mode="bilinear", align_corners=False)
    return torch.cat([plane[0].flatten(1).transpose(0, 1), table[-SPECIAL:]])


def beit(timm_name: str, taps: tuple[int, ...], channels: tuple[int, ...]) -> NetworkSpec:
    """DPT-BEiT of one size; taps and channels as for `vit`."""
    return NetworkSpec(
        lambda: EncoderDecoder(Beit(timm.create_model(timm_name), taps, channels), decoder(channels)),
        REASSEMBLE_RENAMES + MODEL_RENAMES,
    )
