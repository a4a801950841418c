"""What the neck and each head of MoGe-2 are: a stack of convolutions from coarse to fine.

Source: microsoft/MoGe, `ConvStack`, with neither of its norms.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (256, 128, 64, 32)
"""Channels of the levels after the first, which has the encoder's; each level is twice as fine as the one before."""
HEAD_BLOCKS = (0, 1, 1, 1, 0)
"""Residual blocks of a head's levels."""


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, each after a ReLU, added to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _conv3(width, width)
        self.conv2 = _conv3(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(functional.relu(self.conv1(functional.relu(x))))


class Stack(nn.Module):
    """Five levels: what comes in at each is added to what comes up from the coarser one.

    inputs: channels that come in at each level, coarse to fine.
    width: channels of the first level.
    blocks: residual blocks of each level.
    """

    def __init__(self, inputs: Sequence[int], width: int, blocks: Sequence[int]) -> None:
        super().__init__()
        widths = (width, *WIDTHS)
        self.inputs = nn.ModuleList(nn.Conv2d(*pair, 1) for pair in zip(inputs, widths, strict=True))
        self.blocks = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
            for channels, count in zip(widths, blocks, strict=True)
        )
        *learned, last = pairwise(widths)
        self.ups = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose2d(wide, narrow, 2, 2), _conv3(narrow, narrow)) for wide, narrow in learned
        )
        self.ups.append(nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), _conv3(*last)))

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Maps (B, C, h, w) of each level, coarse to fine, of those that come in."""
        x: Tensor | None = None
        maps = []
        for index, (project, blocks, level) in enumerate(zip(self.inputs, self.blocks, levels, strict=True)):
            added = project(level)
            x = blocks(added if x is None else added + self.ups[index - 1](x))
            maps.append(x)
        return maps


class Head(nn.Module):
    """A stack over the neck's maps, and a map (B, channels, h, w) float32 of its finest level."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.stack = Stack((width, *WIDTHS), width, HEAD_BLOCKS)
        self.out = nn.Conv2d(WIDTHS[-1], channels, 1)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        finest = self.stack(levels)[-1].float()
        # In float16 a logarithm of depth above 1 would go in steps of 1 / 1000: half a millimetre at half a metre.
        weight, bias = (learned.float() for learned in self.out.parameters())
        return functional.conv2d(finest, weight, bias)


def _conv3(inputs: int, channels: int) -> nn.Conv2d:
    """A 3 x 3 convolution that repeats the border."""
    return nn.Conv2d(inputs, channels, 3, padding=1, padding_mode="replicate")
