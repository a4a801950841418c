"""The DINOv2 encoder, a vision transformer with patches of 14 pixels, on a grid of any size.

Sources: Oquab et al., DINOv2, TMLR 2024; Keys, Cubic Convolution Interpolation, 1981 (with a = -0.75, as torch has it).
"""

from __future__ import annotations

import math
from typing import Any

import timm
import torch
from torch import Tensor, nn

PATCH_PX = 14
OFFSET = 0.1  # added to rows and columns in the scale of the position embedding, as the official code does
CUBIC = -0.75
REACH = 2  # pixels that the cubic kernel reaches to each side


class DinoV2(nn.Module):
    """A DINOv2 that gives the outputs of some of its blocks, normalised.

    timm_name: of a `vit_*_patch14_dinov2`, which has its size; taps: indices of the blocks.
    """

    def __init__(self, timm_name: str, taps: tuple[int, ...]) -> None:
        super().__init__()
        self.model: Any = timm.create_model(timm_name, num_classes=0)
        self.taps = taps

    @property
    def width(self) -> int:
        """Channels of a token."""
        width: int = self.model.embed_dim
        return width

    def forward(self, photos: Tensor) -> list[Tensor]:
        """Tokens (B, 1 + N, C) after each tapped block, the class token first, of photos (B, 3, H, W)."""
        patches = self.model.patch_embed.proj(photos).flatten(2).transpose(1, 2)  # (B, N, C)
        x = torch.cat([self.model.cls_token.expand(patches.shape[0], -1, -1), patches], 1)
        x = x + resized_position(self.model.pos_embed, grid_hw_of(photos))
        tapped = []
        for index, block in enumerate(self.model.blocks[: self.taps[-1] + 1]):
            x = block(x)
            if index in self.taps:
                tapped.append(self.model.norm(x))
        return tapped


def grid_hw_of(photos: Tensor) -> tuple[int, int]:
    """Rows and columns of patches in photos (B, 3, H, W)."""
    height, width = photos.shape[2:]
    return height // PATCH_PX, width // PATCH_PX


def resized_position(position: Tensor, grid_hw: tuple[int, int]) -> Tensor:
    """The position embedding (1, 1 + N, C), of a square grid after the class token, on another grid.

    Bicubic, without antialiasing; the scale counts OFFSET rows and columns more than there are, unless the grid is the
    embedding's own. Two products of matrices: exporters trace them for any size, but not torch's resampling by a scale.
    """
    side = math.isqrt(position.shape[1] - 1)
    plane = position[0, 1:].float().unflatten(0, (side, side))  # (side, side, C)
    row, column = (torch.arange(cells, device=position.device, dtype=torch.float32) for cells in grid_hw)
    same = (row[-1] == side - 1) & (column[-1] == side - 1)
    offset = torch.where(same, 0.0, OFFSET)
    down, across = (cubic_weights(cell, offset, side) for cell in (row, column))
    plane = torch.einsum("rh,hwc,vw->rvc", down, plane, across)
    return torch.cat([position[:, :1], plane.flatten(0, 1).unsqueeze(0).to(position.dtype)], 1)


def cubic_weights(cells: Tensor, offset: Tensor, side: int) -> Tensor:
    """What each of `side` samples gives to each of n resampled ones, (n, side); samples beyond repeat the outermost.

    Args:
        cells: 0 to n - 1, float.
        offset: added to n in the scale.
    """
    places = (cells + 0.5) * (side / (cells[-1] + 1 + offset)) - 0.5
    samples = torch.arange(-REACH, side + REACH, device=cells.device, dtype=cells.dtype)
    weights = _cubic((places[:, None] - samples).abs())  # (n, REACH + side + REACH)
    first = weights[:, : REACH + 1].sum(1, keepdim=True)
    last = weights[:, -REACH - 1 :].sum(1, keepdim=True)
    return torch.cat([first, weights[:, REACH + 1 : -REACH - 1], last], 1)


def _cubic(distance: Tensor) -> Tensor:
    near = ((CUBIC + 2) * distance - (CUBIC + 3)) * distance**2 + 1
    far = CUBIC * (((distance - 5) * distance + 8) * distance - 4)
    return torch.where(distance <= 1, near, torch.where(distance < REACH, far, 0.0))
