"""A MiDaS estimator from an official checkpoint."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
from torch import nn

from worker.depth.depth_model import LoadOptions
from worker.depth.midas.backends import Subject
from worker.depth.midas.backends.select import open_backend
from worker.depth.midas.checkpoint import NetworkSpec, load_network
from worker.depth.midas.estimator import MidasEstimator
from worker.depth.midas.folding import folded
from worker.depth.midas.rows import MidasModel

EXPORTS = "onnx"  # folder of the exports, beside the weights


def load(model: MidasModel, folder: Path, options: LoadOptions) -> MidasEstimator:
    """Load a network and what runs it.

    Args:
        model: its row.
        folder: holds its checkpoint, and gets its export.
        options: the input's side, and what shall run the network.
    Raises:
        WeightsError: the file is absent, or not the network's checkpoint.
        ModelError: no such side or backend, or it cannot run the network.
    """
    rule = model.rule_at(options.side_px)
    (file,) = model.weights.files

    def network() -> nn.Module:
        return folded(load_network(spec_of(model), file.path(folder)))

    subject = Subject(
        network=network,
        gpu_precision=model.backbone.precision,
        weights_sha256=file.verify(folder),
        side_px=rule.side_px,
        fixed=rule.fixed,
        cache=folder / EXPORTS,
    )
    backend = open_backend(options.backend, subject)
    for size in backend.batch_sizes:  # a GPU picks its kernels on the first pass of each batch size
        backend(np.zeros((size, 3, rule.side_px, rule.side_px), np.float32))
    return MidasEstimator(model.name, backend, rule, model.normalisation)


def spec_of(model: MidasModel) -> NetworkSpec:
    """The network that a row describes; its module is imported now."""
    module, _, function = model.backbone.builder.partition(":")
    spec: NetworkSpec = getattr(import_module(f"worker.depth.midas.{module}"), function)(**model.arguments)
    return spec
