"""The thirteen MiDaS models, one row each: another size of a known backbone is another row. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from worker.depth.estimator import DepthModel, Estimator
from worker.depth.midas.transforms import HALF, IMAGENET, InputRule, Normalisation
from worker.depth.portrait.row import WEIGHTS as FACE_WEIGHTS
from worker.depth.weights import MIDAS_RELEASES, UrlSource, Weights, WeightsFile


@dataclass(frozen=True)
class Precision:
    """The type of a network's weights and activations, and whether its convolutions run on NHWC tensors."""

    dtype: Literal["float32", "float16", "bfloat16"]
    channels_last: bool


@dataclass(frozen=True)
class BackboneKind:
    """A kind of backbone, of which there may be several sizes.

    builder: `module:function` in worker.depth.midas; the function gives the NetworkSpec of a size.
    precision: of its networks on a GPU. On a CPU all run in float32.
    """

    builder: str
    precision: Precision


@dataclass(frozen=True)
class MidasModel(DepthModel):
    """A MiDaS network.

    backbone: its kind; arguments: its size, as the backbone's function takes it.
    rule, normalisation: how a photo becomes its input.
    """

    backbone: BackboneKind
    arguments: Mapping[str, Any]
    rule: InputRule
    normalisation: Normalisation

    def load(self, folder: Path, backend: str) -> Estimator:
        """The network, made metric by faces where their files are in the folder too; see `DepthModel.load`."""
        from worker.depth.anchored import Anchored
        from worker.depth.midas.loading import load
        from worker.depth.portrait.estimator import Portrait

        network = load(self, folder, backend)
        if not FACE_WEIGHTS.present(folder):
            return network
        FACE_WEIGHTS.verify(folder)
        return Anchored(network, Portrait(folder))


# bfloat16 where activations pass float16's largest number, 65504.
BEIT = BackboneKind("beit:beit", Precision("float16", channels_last=False))
SWIN = BackboneKind("swin:swin", Precision("bfloat16", channels_last=False))
NEXT_VIT = BackboneKind("next_vit:next_vit", Precision("bfloat16", channels_last=True))
VIT = BackboneKind("vit:vit", Precision("float16", channels_last=True))
HYBRID = BackboneKind("vit:hybrid", Precision("float16", channels_last=True))
LEVIT = BackboneKind("levit:levit", Precision("float16", channels_last=False))
RESNEXT = BackboneKind("conv:resnext", Precision("float16", channels_last=True))
EFFICIENTNET = BackboneKind("conv:efficientnet", Precision("float16", channels_last=True))

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
    backbone: BackboneKind,
    *,
    normalisation: Normalisation = HALF,
    sha256: str | None = None,
    **arguments: object,
) -> MidasModel:
    file = WeightsFile(f"{name}.pt", sha256)
    return MidasModel(
        name=name,
        title=title,
        rank=rank,
        unit="relative",
        weights=Weights((file,), (UrlSource(f"{MIDAS_RELEASES}{release}/{file.name}"),)),
        licence="MIT",
        backbone=backbone,
        arguments=arguments,
        rule=rule,
        normalisation=normalisation,
    )


# The ranks follow the accuracy in the official README.
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
