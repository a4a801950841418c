"""Depth Anything V2: DPT over DINOv2.

Source: Yang et al., Depth Anything V2, NeurIPS 2024.
"""

from __future__ import annotations

from torch import Tensor

from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.decoder import DECODER_RENAMES, Backbone, Decoder, DecoderSpec, EncoderDecoder
from worker.depth.network.dinov2 import DinoV2, grid_hw_of
from worker.depth.network.reassembly import reassembly


class Encoder(Backbone):
    """A DINOv2; the feature maps are made of the patches' tokens after four of its blocks."""

    def __init__(self, model: DinoV2, channels: tuple[int, ...]) -> None:
        super().__init__(model)
        self.reassemble = reassembly(model.width, channels, readout=False)

    def forward(self, photos: Tensor) -> list[Tensor]:
        grid_hw = grid_hw_of(photos)
        return [back(tokens, grid_hw) for back, tokens in zip(self.reassemble, self.model(photos), strict=True)]


def dpt(timm_name: str, taps: tuple[int, ...], channels: tuple[int, ...], width: int) -> NetworkSpec:
    """Depth Anything of one size.

    Args:
        timm_name: of the DINOv2 in timm.
        taps: indices of the blocks whose outputs become feature maps.
        channels: of the four feature maps, fine to coarse.
        width: channels of each level inside the decoder.
    """
    decoder = DecoderSpec(
        in_channels=channels,
        widths=(width,) * len(channels),
        head_widths=(width // 2, 32),
        head_growth=(7, 4),  # from 8 to all 14 pixels of a patch
    )
    return NetworkSpec(
        lambda: EncoderDecoder(Encoder(DinoV2(timm_name, taps), channels), Decoder(decoder)),
        RENAMES,
        unused=frozenset({"pretrained.mask_token"}),
    )


RENAMES = (
    (r"^pretrained\.", "backbone.model.model."),
    (r"^depth_head\.projects\.(\d)\.", r"backbone.reassemble.\1.project."),
    (r"^depth_head\.resize_layers\.(\d)\.", r"backbone.reassemble.\1.resample."),
    (r"^depth_head\.", ""),
    (r"^scratch\.output_conv1\.", "decoder.head.conv1."),
    (r"^scratch\.output_conv2\.0\.", "decoder.head.conv2."),
    (r"^scratch\.output_conv2\.2\.", "decoder.head.conv3."),
    *DECODER_RENAMES,
)
