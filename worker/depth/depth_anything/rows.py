"""The three sizes of Depth Anything V2 that are published, one row each. Imports no torch."""

from __future__ import annotations

from typing import Any

from worker.depth.network.reading import DisparityReading
from worker.depth.network.row import NetworkKind, NetworkModel, Precision
from worker.depth.network.transforms import IMAGENET, InputRule
from worker.depth.weights import DEPTH_ANYTHING_HUB, UrlSource, Weights, WeightsFile

# float16 as in the copies that circulate in half precision; bfloat16 would leave 256 steps to a disparity.
KIND = NetworkKind("worker.depth.depth_anything.dpt:dpt", Precision("float16", channels_last=False))
READING = DisparityReading(InputRule(518, "lower_bound", multiple_px=14), IMAGENET, "corners")


def _row(name: str, size: str, rank: int, licence: str, sha256: str, **arguments: Any) -> NetworkModel:
    file = WeightsFile(f"{name}.pth", sha256)
    url = f"{DEPTH_ANYTHING_HUB}Depth-Anything-V2-{size}/resolve/main/{file.name}"
    return NetworkModel(
        name=name,
        title=f"Depth Anything V2 {size}",
        rank=rank,
        unit="relative",
        weights=Weights((file,), (UrlSource(url),)),
        licence=licence,
        kind=KIND,
        arguments=arguments,
        reading=READING,
    )


# The sizes are ranked before MiDaS: on five benchmarks the paper's Small is better than MiDaS v3.1 BEiT-L on three, and
# within a hundredth on two (Yang et al., Depth Anything V2, table 2).
# fmt: off
ROWS = (
    _row("depth_anything_v2_vitl", "Large", 74, "CC-BY-NC-4.0",
         "a7ea19fa0ed99244e67b624c72b8580b7e9553043245905be58796a608eb9345",
         timm_name="vit_large_patch14_dinov2", taps=(4, 11, 17, 23), channels=(256, 512, 1024, 1024), width=256),
    _row("depth_anything_v2_vitb", "Base", 72, "CC-BY-NC-4.0",
         "0d2b7002e62d39d655571c371333340bd88f67ab95050c03591555aa05645328",
         timm_name="vit_base_patch14_dinov2", taps=(2, 5, 8, 11), channels=(96, 192, 384, 768), width=128),
    _row("depth_anything_v2_vits", "Small", 70, "Apache-2.0",
         "715fade13be8f229f8a70cc02066f656f2423a59effd0579197bbf57860e1378",
         timm_name="vit_small_patch14_dinov2", taps=(2, 5, 8, 11), channels=(48, 96, 192, 384), width=64),
)
# fmt: on
