"""DPT v3.1 over Next-ViT, convolutions and transformer blocks in turn.

Sources: Li et al., Next-ViT, arXiv 2207.05501; Birkl et al., MiDaS v3.1, arXiv 2307.14460, section 3.
"""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor

from worker.depth.midas.vit import decoder
from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.decoder import DECODER_RENAMES, Backbone, EncoderDecoder


class NextVit(Backbone):
    """A Next-ViT; the feature maps are the outputs of its four stages."""

    def forward(self, photos: Tensor) -> list[Tensor]:
        x = self.model.stem(photos)
        features = []
        for stage in self.model.stages:
            for block in stage.blocks:
                x = _transformer_block(block, x) if hasattr(block, "e_mhsa") else block(x)
            features.append(x)
        return features


def _transformer_block(block: Any, x: Tensor) -> Tensor:
    """timm's NextTransformerBlock with the attention below, (B, C, H, W) to (B, C', H', W')."""
    x = block.patch_embed(x)
    tokens = block.norm1(x).flatten(2).transpose(1, 2)  # (B, N, C)
    x = x + _attention(block.e_mhsa, tokens).transpose(1, 2).reshape(x.shape)
    local = block.projection(x)
    local = local + block.mhca(local)
    x = torch.cat([x, local], 1)
    return x + block.mlp(block.norm2(x))


def _attention(attention: Any, tokens: Tensor) -> Tensor:
    """Attention of all tokens (B, N, C) to averages over runs of them.

    The products are taken in the official order and not by a fused kernel: then the network equals the official one
    bit by bit, which its seeded test needs; in it, float32 and float64 differ by a third of the output's range.
    """
    shape = (attention.num_heads, attention.head_dim)
    pooled = tokens
    if attention.sr is not None:
        pooled = attention.norm(attention.sr(tokens.transpose(1, 2))).transpose(1, 2)  # (B, N / sr^2, C)
    q = attention.q(tokens).unflatten(2, shape).permute(0, 2, 1, 3)  # (B, heads, N, C / heads)
    k = attention.k(pooled).unflatten(2, shape).permute(0, 2, 3, 1)
    v = attention.v(pooled).unflatten(2, shape).permute(0, 2, 1, 3)
    weights = ((q @ k) * attention.scale).softmax(-1)
    return attention.proj((weights @ v).transpose(1, 2).flatten(2))


def next_vit(timm_name: str, depths: tuple[int, ...], channels: tuple[int, ...]) -> NetworkSpec:
    """DPT-Next-ViT of one size; depths are the numbers of blocks, channels those of the feature maps, of each stage."""
    # The official blocks are one flat list over all stages.
    places = [(stage, block) for stage, depth in enumerate(depths) for block in range(depth)]
    block_renames = (
        (rf"^pretrained\.model\.features\.{flat}\.", f"backbone.model.stages.{stage}.blocks.{block}.")
        for flat, (stage, block) in enumerate(places)
    )
    return NetworkSpec(
        lambda: EncoderDecoder(NextVit(timm.create_model(timm_name)), decoder(channels)), (*block_renames, *RENAMES)
    )


RENAMES = (
    *DECODER_RENAMES,
    (r"\.mlp\.conv([12])\.", r".mlp.fc\1."),
    (r"\.proj_head\.0\.", ".head.fc."),
    (r"^pretrained\.model\.", "backbone.model."),
)
