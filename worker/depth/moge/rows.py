"""The four MoGe-2 networks that are published, one row each. Imports no torch."""

from __future__ import annotations

from typing import Any

from shared.options import NETWORK_TOKENS
from worker.depth.network.point_maps import PointMapReading
from worker.depth.network.row import NetworkKind, NetworkModel, Precision
from worker.depth.network.transforms import IMAGENET
from worker.depth.weights import MOGE_HUB, UrlSource, Weights, WeightsFile

# float16 as in the official `infer`: with seeded weights it moves points by 2/10000 of their distance in the median,
# bfloat16 by 1.5/1000, which is 1 mm of a face at 0.6 m. Norms and sums kept in float32 change neither.
KIND = NetworkKind("worker.depth.moge.network:moge", Precision("float16", channels_last=False))
READING = PointMapReading(IMAGENET, patch_px=14, tokens=NETWORK_TOKENS)
SMALL_NECK = (0, 1, 1, 1, 0)
LARGE_NECK = (0, 2, 2, 2, 0)


def _row(name: str, title: str, rank: int, sha256: str, **arguments: Any) -> NetworkModel:
    checkpoint = name.replace("_", "-")
    return NetworkModel(
        name=name,
        title=f"MoGe-2 {title}",
        rank=rank,
        unit="mm",
        weights=Weights(
            (WeightsFile(f"{checkpoint}.pt", sha256),), (UrlSource(f"{MOGE_HUB}{checkpoint}/resolve/main/model.pt"),)
        ),
        licence="MIT",
        kind=KIND,
        arguments=arguments,
        reading=READING,
        wants_gpu=True,
    )


# Ranked before Depth Anything: only these know sizes and the lens. Normals shape the fine relief, for which the small
# network goes before the large one without.
# fmt: off
ROWS = (
    _row("moge_2_vitl_normal", "Large", 88,
         "280741fd09bc3f403ccff9967784c2a391b52d2c0742ae3efdb21d9f90cc1a01",
         timm_name="vit_large_patch14_dinov2", taps=(5, 11, 17, 23), neck_blocks=LARGE_NECK, normals=True),
    _row("moge_2_vitb_normal", "Base", 86,
         "16b8110e86d5dc5a849db120ca96ef3a223fd30b0c9146d1d81db504073da5f6",
         timm_name="vit_base_patch14_dinov2", taps=(5, 11), neck_blocks=SMALL_NECK, normals=True),
    _row("moge_2_vits_normal", "Small", 84,
         "79a16621928c2bf0ed04659218c55c01075e950507f40bb3332fb4c873d3e1dc",
         timm_name="vit_small_patch14_dinov2", taps=(5, 11), neck_blocks=SMALL_NECK, normals=True),
    _row("moge_2_vitl", "Large without normals", 82,
         "3eefd4abb2102f38f12b2d1992e5ff15e4923e5431c67dd494afe157e0111cd5",
         timm_name="vit_large_patch14_dinov2", taps=(5, 11, 17, 23), neck_blocks=LARGE_NECK, normals=False),
)
# fmt: on
