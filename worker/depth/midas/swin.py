"""DPT v3.1 over Swin and Swin v2 transformers, at their native size only: their windows tile no other.

Sources: Liu et al., Swin Transformer, ICCV 2021; Liu et al., Swin Transformer V2, CVPR 2022; Birkl et al., MiDaS v3.1,
arXiv 2307.14460, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import timm
from torch import Tensor, nn

from worker.depth.midas.checkpoint import NetworkSpec
from worker.depth.midas.decoder import Midas
from worker.depth.midas.vit import MODEL_RENAMES, decoder


class Swin(nn.Module):
    """A Swin transformer; the feature maps are the outputs of its four stages."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, photos: Tensor) -> list[Tensor]:
        x = self.model.patch_embed(photos)  # (B, H / 4, W / 4, C)
        features = []
        for stage in self.model.layers:
            x = stage(x)
            features.append(x.permute(0, 3, 1, 2))
        return features


def _builder(model: str, width: int) -> Callable[[], Midas]:
    channels = (width, 2 * width, 4 * width, 8 * width)
    return lambda: Midas(Swin(timm.create_model(model)), decoder(channels))


# The official checkpoints have a stage's downsampling at its end, today's timm at the beginning of the next one.
DOWNSAMPLE_RENAMES = tuple((rf"\.layers\.{n}\.downsample\.", f".layers.{n + 1}.downsample.") for n in (2, 1, 0))
# Official files have the classifier directly under the head.
HEAD_RENAMES = ((r"\.head\.(weight|bias)$", r".head.fc.\1"),)
RENAMES = DOWNSAMPLE_RENAMES + HEAD_RENAMES + MODEL_RENAMES

LARGE_384 = NetworkSpec(_builder("swin_large_patch4_window12_384", 192), RENAMES)
V2_LARGE_384 = NetworkSpec(_builder("swinv2_large_window12to24_192to384", 192), RENAMES)
V2_BASE_384 = NetworkSpec(_builder("swinv2_base_window12to24_192to384", 128), RENAMES)
V2_TINY_256 = NetworkSpec(_builder("swinv2_tiny_window16_256", 96), RENAMES)
