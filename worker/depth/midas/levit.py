"""DPT v3.1 over LeViT, at its native size only: its attention biases are of one grid.

Sources: Graham et al., LeViT, ICCV 2021; Birkl et al., MiDaS v3.1, arXiv 2307.14460, section 3.
"""

from __future__ import annotations

import timm
from torch import Tensor, nn

from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.decoder import DECODER_RENAMES, Backbone, Decoder, DecoderSpec, EncoderDecoder

TAPS = (1, 0, 0)  # the block of each of the three stages whose output is a feature map
DEPTH = 4  # blocks of a stage


class Levit(Backbone):
    """A LeViT; the feature maps are tapped inside its three stages."""

    def forward(self, photos: Tensor) -> list[Tensor]:
        x = self.model.stem(photos)
        height, width = x.shape[2:]
        x = x.flatten(2).transpose(1, 2)  # (B, N, C)
        features = []
        for number, (stage, tap) in enumerate(zip(self.model.stages, TAPS, strict=True)):
            x = stage.blocks[: tap + 1](stage.downsample(x))
            features.append(x.transpose(1, 2).unflatten(2, (height, width)))
            if number < len(TAPS) - 1:
                x = stage.blocks[tap + 1 :](x)
                height, width = (height + 1) // 2, (width + 1) // 2
        return features


class TransposedConv(nn.Module):
    """A transposed convolution to twice the resolution, normalised."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.c = nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2, padding=1, output_padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.c(x))


def levit() -> NetworkSpec:
    """DPT-LeViT-384, the only size."""
    return NetworkSpec(_build, RENAMES)


def _build() -> EncoderDecoder:
    """LeViT works at a quarter of the usual resolution: a stem makes up for it before the head."""
    stem = nn.Sequential(TransposedConv(256, 128), nn.Hardswish(), TransposedConv(128, 64), nn.Hardswish())
    spec = DecoderSpec((384, 512, 768), (256, 256, 256), head_in=64, head_widths=(32, 8))
    return EncoderDecoder(Levit(timm.create_model("levit_384")), Decoder(spec, stem))


def _block_renames() -> list[tuple[str, str]]:
    """The official blocks are one flat list: attention, MLP, attention, ... with a pair of downsampling in between."""
    pairs = []  # of patterns for an attention (in a block it is its .m) and the MLP after it
    for stage in range(len(TAPS)):
        if stage:
            pairs.append((r"", f"stages.{stage}.downsample.attn_downsample", f"stages.{stage}.downsample.mlp"))
        blocks = [f"stages.{stage}.blocks.{block}" for block in range(DEPTH)]
        pairs += [(r"\.m", f"{block}.attn", f"{block}.mlp") for block in blocks]
    renames = []
    for number, (inside, attention, mlp) in enumerate(pairs):
        renames += [
            (rf"^pretrained\.model\.blocks\.{2 * number}{inside}\.", f"backbone.model.{attention}."),
            (rf"^pretrained\.model\.blocks\.{2 * number + 1}\.m\.", f"backbone.model.{mlp}."),
        ]
    return renames


RENAMES = (
    *DECODER_RENAMES,
    *((rf"^pretrained\.model\.patch_embed\.{2 * n}\.", f"backbone.model.stem.conv{n + 1}.") for n in range(4)),
    *_block_renames(),
    (r"^pretrained\.model\.", "backbone.model."),
    (r"\.mlp\.0\.", ".mlp.ln1."),
    (r"\.mlp\.2\.", ".mlp.ln2."),
    (r"\.(proj|q)\.1\.", r".\1.ln."),
    (r"^(backbone\..*)\.(c|l)\.(weight|bias)$", r"\1.linear.\3"),
)
