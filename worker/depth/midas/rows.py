"""The thirteen MiDaS models, one row each: another size of a known backbone is another row. Imports no torch."""

from __future__ import annotations

from typing import Any

from worker.depth.network.reading import DisparityReading
from worker.depth.network.row import NetworkKind, NetworkModel, Precision
from worker.depth.network.transforms import HALF, IMAGENET, InputRule, Normalisation
from worker.depth.weights import MIDAS_RELEASES, UrlSource, Weights, WeightsFile

# bfloat16 where activations pass float16's largest number, 65504.
BEIT = NetworkKind("worker.depth.midas.beit:beit", Precision("float16", channels_last=False))
SWIN = NetworkKind("worker.depth.midas.swin:swin", Precision("bfloat16", channels_last=False))
NEXT_VIT = NetworkKind("worker.depth.midas.next_vit:next_vit", Precision("bfloat16", channels_last=True))
VIT = NetworkKind("worker.depth.midas.vit:vit", Precision("float16", channels_last=True))
HYBRID = NetworkKind("worker.depth.midas.vit:hybrid", Precision("float16", channels_last=True))
LEVIT = NetworkKind("worker.depth.midas.levit:levit", Precision("float16", channels_last=False))
RESNEXT = NetworkKind("worker.depth.midas.conv:resnext", Precision("float16", channels_last=True))
EFFICIENTNET = NetworkKind("worker.depth.midas.conv:efficientnet", Precision("float16", channels_last=True))

FREE_384, FREE_512 = (InputRule(side_px, "minimal") for side_px in (384, 512))
BOUND_256, BOUND_384 = (InputRule(side_px, "upper_bound") for side_px in (256, 384))
FIXED_224, FIXED_256, FIXED_384 = (InputRule(side_px, fixed=True) for side_px in (224, 256, 384))

LARGE: dict[str, Any] = {"taps": (5, 11, 17, 23), "channels": (256, 512, 1024, 1024)}
HYBRID_SHA256 = "501f0c75b3bca7daec6b3682c5054c09b366765aef6fa3a09d03a5cb4b230853"


def _row(
    name: str,
    title: str,
    rank: int,
    release: str,
    rule: InputRule,
    kind: NetworkKind,
    *,
    normalisation: Normalisation = HALF,
    sha256: str | None = None,
    **arguments: object,
) -> NetworkModel:
    file = WeightsFile(f"{name}.pt", sha256)
    return NetworkModel(
        name=name,
        title=title,
        rank=rank,
        unit="relative",
        weights=Weights((file,), (UrlSource(f"{MIDAS_RELEASES}{release}/{file.name}"),)),
        licence="MIT",
        kind=kind,
        arguments=arguments,
        reading=DisparityReading(rule, normalisation),
    )


# The ranks follow the accuracy in the official README; `portrait` has 38.
# fmt: off
ROWS = (
    _row("dpt_beit_large_512", "MiDaS v3.1 BEiT-L 512", 60, "v3_1", FREE_512, BEIT,
         timm_name="beit_large_patch16_512", **LARGE),
    _row("dpt_beit_large_384", "MiDaS v3.1 BEiT-L 384", 58, "v3_1", FREE_384, BEIT,
         timm_name="beit_large_patch16_384", **LARGE),
    _row("dpt_swin2_large_384", "MiDaS v3.1 Swin2-L", 56, "v3_1", FIXED_384, SWIN,
         timm_name="swinv2_large_window12to24_192to384", width=192),
    _row("dpt_swin_large_384", "MiDaS v3.1 Swin-L", 54, "v3_1", FIXED_384, SWIN,
         timm_name="swin_large_patch4_window12_384", width=192),
    _row("dpt_next_vit_large_384", "MiDaS v3.1 Next-ViT-L", 52, "v3_1", FREE_384, NEXT_VIT,
         timm_name="nextvit_large", depths=(3, 4, 30, 3), channels=(96, 256, 512, 1024)),
    _row("dpt_swin2_base_384", "MiDaS v3.1 Swin2-B", 50, "v3_1", FIXED_384, SWIN,
         timm_name="swinv2_base_window12to24_192to384", width=128),
    _row("dpt_beit_base_384", "MiDaS v3.1 BEiT-B", 48, "v3_1", FREE_384, BEIT,
         timm_name="beit_base_patch16_384", taps=(2, 5, 8, 11), channels=(96, 192, 384, 768)),
    _row("dpt_swin2_tiny_256", "MiDaS v3.1 Swin2-T", 44, "v3_1", FIXED_256, SWIN,
         timm_name="swinv2_tiny_window16_256", width=96),
    _row("dpt_large_384", "MiDaS v3 Large", 42, "v3", FREE_384, VIT, sha256="2f21e586",
         timm_name="vit_large_patch16_384", **LARGE),
    _row("dpt_hybrid_384", "MiDaS v3 Hybrid", 40, "v3", FREE_384, HYBRID, sha256=HYBRID_SHA256,
         timm_name="vit_base_r50_s16_384", taps=(8, 11), channels=(256, 512, 768, 768)),
    _row("dpt_levit_224", "MiDaS v3.1 LeViT", 36, "v3_1", FIXED_224, LEVIT),
    _row("midas_v21_384", "MiDaS v2.1", 30, "v2_1", BOUND_384, RESNEXT,
         normalisation=IMAGENET, sha256="f6b98070"),
    _row("midas_v21_small_256", "MiDaS v2.1 small", 10, "v2_1", BOUND_256, EFFICIENTNET,
         normalisation=IMAGENET, sha256="70d6b9c8"),
)
# fmt: on
