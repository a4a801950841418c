"""MoGe-2: a point map, a mask, the scale and normals, by convolutions over DINOv2.

Source: Wang et al., MoGe-2: Accurate Monocular Geometry with Metric Scale and Sharp Details, 2025 (arXiv 2507.02546).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from worker.depth.moge.stack import WIDTHS, Head, Stack
from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.dinov2 import DinoV2, grid_hw_of
from worker.depth.network.transforms import IMAGENET

LEVELS = 1 + len(WIDTHS)
HEADS = {"points": 3, "mask": 1, "normal": 3}
"""Channels of the maps, in the order in which the network gives them."""


class MoGe(nn.Module):
    """The network.

    timm_name: of the encoder. taps: indices of its blocks whose outputs are used.
    neck_blocks: residual blocks of the neck's levels.
    normals: whether it has them.
    """

    def __init__(self, timm_name: str, taps: tuple[int, ...], neck_blocks: Sequence[int], normals: bool) -> None:
        super().__init__()
        self.encoder = DinoV2(timm_name, taps)
        width = self.encoder.width
        self.projections = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in taps)
        self.neck = Stack((width + 2, *[2] * len(WIDTHS)), width, neck_blocks)
        self.heads = nn.ModuleDict({name: Head(width, HEADS[name]) for name in _heads(normals)})
        self.scale = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, photos: Tensor, aspects: Tensor) -> tuple[Tensor, ...]:
        """The geometry of normalised photos.

        Args:
            photos: (B, 3, 14 r, 14 c), each its whole photo resized, whose aspect ratio this is not quite.
            aspects: (B,) width / height of the photos themselves, float32.
        Returns:
            float32: points (B, 3, 16 r, 16 c), of which (x, y, z) stand for (x e^z, y e^z, e^z), in the camera frame
            (x right, y down, z forward), of unknown scale and shift along z; logits (B, 16 r, 16 c) of where there is
            something; scale (B,), metres in a unit of the points; normals (B, 3, 16 r, 16 c), of no fixed length, out
            of the surface, of a network that has them.
        """
        grid_hw = grid_hw_of(photos)
        tapped = self.encoder(photos)
        maps = [tokens[:, 1:].transpose(1, 2).unflatten(2, grid_hw) for tokens in tapped]
        features = torch.stack([project(x) for project, x in zip(self.projections, maps, strict=True)]).sum(0)
        planes = [image_plane(aspects, [side * 2**level for side in grid_hw]) for level in range(LEVELS)]
        first, *finer = (plane.to(features.dtype) for plane in planes)
        levels = self.neck([torch.cat([features, first], 1), *finer])
        points, logits, *normals = (head(levels) for head in self.heads.values())
        scale = self.scale(tapped[-1][:, 0]).squeeze(1).float().exp()
        return points, logits.squeeze(1), scale, *normals


def image_plane(aspects: Tensor, size_hw: Sequence[int]) -> Tensor:
    """Coordinates (B, 2, h, w) of pixel centres in half diagonals of pictures, x right and y down from the middle.

    aspects: (B,) width / height of the pictures.
    """
    half_height = (1 + aspects**2).rsqrt()
    height, width = (
        (torch.arange(side, device=aspects.device, dtype=aspects.dtype) * 2 + 1) / side - 1 for side in size_hw
    )
    x = (aspects * half_height)[:, None, None] * width[None, None, :].expand(1, size_hw[0], -1)  # (B, h, w)
    y = half_height[:, None, None] * height[None, :, None].expand(1, -1, size_hw[1])
    return torch.stack([x, y], 1)


def moge(timm_name: str, taps: tuple[int, ...], neck_blocks: Sequence[int], normals: bool) -> NetworkSpec:
    """MoGe-2 of one size; see `MoGe`."""
    return NetworkSpec(
        lambda: MoGe(timm_name, taps, neck_blocks, normals),
        RENAMES,
        unused=frozenset({"encoder.backbone.mask_token"}),
        constants={"encoder.image_mean": IMAGENET.mean, "encoder.image_std": IMAGENET.std},
        config=_config(taps, normals),
    )


def _heads(normals: bool) -> list[str]:
    return [name for name in HEADS if normals or name != "normal"]


def _config(taps: Sequence[int], normals: bool) -> dict[str, object]:
    """What a checkpoint has to say of itself, beside what the names and shapes of its entries tell."""
    stacks = ("neck", *(f"{name}_head" for name in _heads(normals)))
    resamplers = {f"{name}.resamplers": ["conv_transpose"] * 3 + ["bilinear"] for name in stacks}
    return {"remap_output": "exp", "encoder.intermediate_layers": list(taps), **resamplers}


RENAMES = (
    (r"^encoder\.backbone\.", "encoder.model."),
    (r"^encoder\.output_projections\.", "projections."),
    (r"^scale_head\.", "scale."),
    (r"^(points|mask|normal)_head\.output_blocks\.4\.", r"heads.\1.out."),
    (r"^(points|mask|normal)_head\.", r"heads.\1.stack."),
    (r"\.input_blocks\.", ".inputs."),
    (r"\.resamplers\.", ".ups."),
    (r"\.res_blocks\.(\d)\.(\d)\.layers\.2\.", r".blocks.\1.\2.conv1."),
    (r"\.res_blocks\.(\d)\.(\d)\.layers\.5\.", r".blocks.\1.\2.conv2."),
)
