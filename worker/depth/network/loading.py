"""The estimator of a network from its official checkpoint, or from its export. Importing this imports no torch."""

from __future__ import annotations

import logging
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.errors import ModelError
from worker.depth.network.backends import Backend, OnnxBackend
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.network.exports import EXPORTS, Subject, exported, torch_is_here
from worker.depth.network.row import NetworkModel

if TYPE_CHECKING:
    from torch import nn

    from worker.depth.network.checkpoint import NetworkSpec

log = logging.getLogger(__name__)

BACKENDS = ("auto", "torch", "onnxruntime")


def load(model: NetworkModel, folder: Path, backend_name: str, tokens: int) -> NetworkEstimator:
    """Load a network from the folder that holds its checkpoint and gets its export, and what runs it.

    `tokens`: of a photo, where the network leaves their number open.

    Raises:
        WeightsError: the file is absent, or not the network's checkpoint.
        ModelError: no backend has that name, or it cannot run the network.
    """
    reading = model.reading.with_tokens(tokens)
    backend = open_backend(backend_name, _subject(model, folder))
    if backend.picks_kernels:
        for size in backend.batch_sizes:
            width, height = reading.input_size_wh((1, 1))
            backend(reading.batch(np.zeros((size, 3, height, width), np.float32)))
    return NetworkEstimator(model.name, backend, reading)


def prepare(model: NetworkModel, folder: Path) -> None:
    """Make the export that `load` takes on a CPU, unless a current one is there.

    Raises:
        WeightsError: the file is absent, or not the network's checkpoint.
        ModelError: there is none, and no torch to make it or to go without.
    """
    try:
        exported(_subject(model, folder))
    except ModelError:  # torch runs what cannot be exported; the export warned when it failed
        if not torch_is_here():
            raise


def _subject(model: NetworkModel, folder: Path) -> Subject:
    (file,) = model.weights.files

    def network() -> nn.Module:
        from worker.depth.network.checkpoint import load_network
        from worker.depth.network.layers import folded

        return folded(load_network(spec_of(model), folder / file.name))

    return Subject(
        network=network,
        gpu_precision=model.kind.precision,
        weights_sha256=file.verify(folder),
        reading=model.reading,
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
        ModelError: no backend has that name, or the network cannot be exported for it, or torch is not here.
    """
    if wanted not in BACKENDS:
        raise ModelError(f"no backend is called {wanted!r}; there are {', '.join(BACKENDS)}")
    if wanted == "torch" and not torch_is_here():
        raise ModelError("torch is not installed, so it cannot be the backend")
    if wanted == "onnxruntime" or (wanted == "auto" and _better_by_onnx(subject)):
        return OnnxBackend(exported(subject).path, _threads())
    from worker.depth.network.torch_backend import torch_backend

    return torch_backend(subject.network(), subject.gpu_precision)


def _better_by_onnx(subject: Subject) -> bool:
    if not torch_is_here():
        return True
    from worker.depth.network.torch_backend import default_device

    try:
        return default_device().type == "cpu" and exported(subject).faster
    except ModelError as error:
        log.debug("torch runs the network: %s", error)  # the export warned when it failed
        return False


def _threads() -> int:
    """As many as torch would take: OMP_NUM_THREADS, which `worker.devices` sets; without it 0, which is all cores."""
    outermost = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(outermost or 0)
