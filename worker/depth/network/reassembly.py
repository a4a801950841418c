"""Tokens of a vision transformer back to feature maps.

Source: Ranftl et al., Vision Transformers for Dense Prediction, ICCV 2021, section 3 (readout "project").
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Reassemble(nn.Module):
    """Tokens of one transformer block back to a feature map: readout token, projection, resampling."""

    def __init__(self, width: int, channels: int, resample: nn.Module, readout: bool) -> None:
        super().__init__()
        self.readout = nn.Linear(2 * width, width) if readout else None
        self.project = nn.Conv2d(width, channels, 1)
        self.resample = resample

    def forward(self, tokens: Tensor, grid_hw: tuple[int, int]) -> Tensor:
        token, patches = tokens[:, :1], tokens[:, 1:]  # (B, 1, C), (B, N, C)
        if self.readout is not None:
            patches = functional.gelu(self.readout(torch.cat([patches, token.expand_as(patches)], -1)))
        return self.resample(self.project(patches.transpose(1, 2).unflatten(2, grid_hw)))  # (B, channels, h, w)


def reassembly(width: int, channels: Sequence[int], readout: bool = True) -> nn.ModuleList:
    """The four of them, to 4, 2, 1 and 1/2 times the resolution of the tokens' grid.

    Args:
        width: of the tokens.
        channels: of the feature maps, fine to coarse.
        readout: the class token is mixed into the others; else it is left out.
    """
    resamplers = [
        nn.ConvTranspose2d(channels[0], channels[0], 4, stride=4),
        nn.ConvTranspose2d(channels[1], channels[1], 2, stride=2),
        nn.Identity(),
        nn.Conv2d(channels[3], channels[3], 3, stride=2, padding=1),
    ]
    return nn.ModuleList(Reassemble(width, *pair, readout) for pair in zip(channels, resamplers, strict=True))
