"""DPT v3.1 over Next-ViT, convolutions and transformer blocks in turn.

Sources: Li et al., Next-ViT, arXiv 2207.05501; Birkl et al., MiDaS v3.1, arXiv 2307.14460, section 3.
"""

from __future__ import annotations

from typing import Any

import timm
from torch import Tensor, nn

from worker.depth.midas.checkpoint import NetworkSpec
from worker.depth.midas.decoder import Midas
from worker.depth.midas.vit import decoder

DEPTHS = (3, 4, 30, 3)


class NextVit(nn.Module):
    """A Next-ViT; the feature maps are the outputs of its four stages."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, photos: Tensor) -> list[Tensor]:
        x = self.model.stem(photos)
        features = []
        for stage in self.model.stages:
            x = stage(x)
            features.append(x)
        return features


def large() -> Midas:
    """DPT-Next-ViT-L."""
    return Midas(NextVit(timm.create_model("nextvit_large")), decoder((96, 256, 512, 1024)))


def _block_renames() -> list[tuple[str, str]]:
    """The official blocks are one flat list over all stages."""
    places = [(stage, block) for stage, depth in enumerate(DEPTHS) for block in range(depth)]
    return [
        (rf"^pretrained\.model\.features\.{flat}\.", f"backbone.model.stages.{stage}.blocks.{block}.")
        for flat, (stage, block) in enumerate(places)
    ]


RENAMES = (
    *_block_renames(),
    (r"\.mlp\.conv([12])\.", r".mlp.fc\1."),
    (r"\.proj_head\.0\.", ".head.fc."),
    (r"^pretrained\.model\.", "backbone.model."),
)

LARGE = NetworkSpec(large, RENAMES)
