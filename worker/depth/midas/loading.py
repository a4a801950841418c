"""A MiDaS estimator from an official checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from torch import nn

from worker.depth.midas.backends.select import Subject, open_backend
from worker.depth.midas.checkpoint import NetworkSpec, load_network
from worker.depth.midas.estimator import MidasEstimator
from worker.depth.midas.folding import folded
from worker.depth.transforms import InputRule, Normalisation

EXPORTS = "onnx"  # folder of the exports, beside the weights


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint file and its sha256, which was checked."""

    path: Path
    sha256: str


def load(
    name: str,
    builder: str,
    checkpoint: Checkpoint,
    rule: InputRule,
    normalisation: Normalisation,
    fixed: bool,
    backend: str = "auto",
) -> MidasEstimator:
    """Load a network and what runs it.

    Args:
        name: of the model.
        builder: `module:attribute` of the network's spec.
        checkpoint: the official weights.
        rule, normalisation: of the input.
        fixed: the network takes its native size only.
        backend: "auto", "torch" or "onnxruntime".
    Raises:
        WeightsError: the file is not the network's checkpoint.
        ModelError: no such backend, or it cannot run the network.
    """
    module, _, attribute = builder.partition(":")

    def network() -> nn.Module:
        spec: NetworkSpec = getattr(import_module(module), attribute)
        return folded(load_network(spec, checkpoint.path))

    subject = Subject(
        network=network,
        kind=module.rpartition(".")[2],
        weights_sha256=checkpoint.sha256,
        side_px=rule.side_px,
        fixed=fixed,
        cache=checkpoint.path.parent / EXPORTS,
    )
    opened = open_backend(backend, subject)
    for size in opened.batch_sizes:  # a GPU picks its kernels on the first pass of each batch size
        opened(np.zeros((size, 3, rule.side_px, rule.side_px), np.float32))
    return MidasEstimator(name, opened, rule, normalisation)
