"""DPT v3.1 over Swin and Swin v2 transformers, at their native size only: their windows tile no other.

Sources: Liu et al., Swin Transformer, ICCV 2021; Liu et al., Swin Transformer V2, CVPR 2022; Birkl et al., MiDaS v3.1,
arXiv 2307.14460, section 3.
"""

from __future__ import annotations

import timm
from torch import Tensor

from worker.depth.midas.vit import MODEL_RENAMES, decoder
from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.decoder import Backbone, EncoderDecoder


class Swin(Backbone):
    """A Swin transformer; the feature maps are the outputs of its four stages."""

    def forward(self, photos: Tensor) -> list[Tensor]:
        x = self.model.patch_embed(photos)  # (B, H / 4, W / 4, C)
        features = []
        for stage in self.model.layers:
            x = stage(x)
            features.append(x.permute(0, 3, 1, 2))
        return features


def swin(timm_name: str, width: int) -> NetworkSpec:
    """DPT-Swin of one size; `width` is the number of channels of the first stage."""
    channels = (width, 2 * width, 4 * width, 8 * width)
    return NetworkSpec(lambda: EncoderDecoder(Swin(timm.create_model(timm_name)), decoder(channels)), RENAMES)


# The official checkpoints have a stage's downsampling at its end, today's timm at the beginning of the next one.
DOWNSAMPLE_RENAMES = tuple((rf"\.layers\.{n}\.downsample\.", f".layers.{n + 1}.downsample.") for n in (2, 1, 0))
# Official files have the classifier directly under the head.
HEAD_RENAMES = ((r"\.head\.(weight|bias)$", r".head.fc.\1"),)
RENAMES = DOWNSAMPLE_RENAMES + HEAD_RENAMES + MODEL_RENAMES
