"""The estimator of a network from its official checkpoint."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import nn

from shared.errors import ModelError
from worker.depth.network.backends import CPU_PRECISION, Backend, OnnxBackend, TorchBackend, default_device
from worker.depth.network.checkpoint import NetworkSpec, load_network
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.network.export import Subject, exported
from worker.depth.network.layers import folded
from worker.depth.network.row import NetworkModel

log = logging.getLogger(__name__)

BACKENDS = ("auto", "torch", "onnxruntime")
EXPORTS = "onnx"  # folder of the exports, beside the weights


def load(model: NetworkModel, folder: Path, backend_name: str) -> NetworkEstimator:
    """Load a network from the folder that holds its checkpoint and gets its export, and what runs it.

    Raises:
        WeightsError: the file is absent, or not the network's checkpoint.
        ModelError: no backend has that name, or it cannot run the network.
    """
    rule = model.rule
    backend = open_backend(backend_name, _subject(model, folder))
    if backend.picks_kernels:
        for size in backend.batch_sizes:
            backend(np.zeros((size, 3, rule.side_px, rule.side_px), np.float32))
    return NetworkEstimator(model.name, backend, rule, model.normalisation, model.interpolation)


def prepare(model: NetworkModel, folder: Path) -> None:
    """Make the export that `load` takes on a CPU, unless a current one is there; a GPU needs none.

    Raises:
        WeightsError: the file is absent, or not the network's checkpoint.
    """
    if default_device().type == "cpu":
        _faster_by_onnx(_subject(model, folder))


def _subject(model: NetworkModel, folder: Path) -> Subject:
    (file,) = model.weights.files

    def network() -> nn.Module:
        return folded(load_network(spec_of(model), folder / file.name))

    return Subject(
        network=network,
        gpu_precision=model.kind.precision,
        weights_sha256=file.verify(folder),
        rule=model.rule,
        family=family_of(model),
        cache=folder / EXPORTS,
    )


def spec_of(model: NetworkModel) -> NetworkSpec:
    """The network that a row describes; its module is imported now."""
    module, _, function = model.kind.builder.partition(":")
    spec: NetworkSpec = getattr(import_module(module), function)(**model.arguments)
    return spec


def family_of(model: NetworkModel) -> Path:
    """The folder of the code that builds a row's network, beside what all families share."""
    module = model.kind.builder.partition(":")[0]
    return Path(__file__).parents[3].joinpath(*module.split(".")).parent


def open_backend(wanted: str, subject: Subject) -> Backend:
    """The backend of that name, loaded; `auto` takes torch on a GPU, and on a CPU what was measured to be faster.

    Raises:
        ModelError: no backend has that name, or the network cannot be exported for it.
    """
    if wanted not in BACKENDS:
        raise ModelError(f"no backend is called {wanted!r}; there are {', '.join(BACKENDS)}")
    device = default_device()
    if wanted == "onnxruntime" or (wanted == "auto" and device.type == "cpu" and _faster_by_onnx(subject)):
        return OnnxBackend(exported(subject).path, torch.get_num_threads())
    precision = subject.gpu_precision if device.type == "cuda" else CPU_PRECISION
    return TorchBackend(subject.network(), device, precision)


def _faster_by_onnx(subject: Subject) -> bool:
    try:
        return exported(subject).faster
    except ModelError as error:
        log.debug("torch runs the network: %s", error)  # the export warned when it failed
        return False
